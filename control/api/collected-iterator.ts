/** Rows of executeAndCollect(): starts the job, hands out its rows, ends it when nobody reads on. */
import type { CollectingJob } from "./stream-context.ts";

/** An async iterator whose job is canceled when it is left early or closed. @public */
export interface CloseableAsyncIterator<T> extends AsyncIterableIterator<T> {
  /** Cancels the job unless it has ended; settled when it has. */
  close(): Promise<void>;
}

export class CollectedIterator<T> implements CloseableAsyncIterator<T> {
  readonly #job: Promise<CollectingJob>;
  #rows: AsyncIterator<unknown> | null = null;
  #ended = false;

  constructor(job: Promise<CollectingJob>) {
    this.#job = job;
    // next() tells of a job that could not be started.
    job.catch(() => undefined);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return { done: true, value: undefined };
    const { client, operatorId } = await this.#job;
    this.#rows ??= client.collected(operatorId)[Symbol.asyncIterator]();
    const next = await this.#rows.next();
    if (next.done !== true) return { done: false, value: next.value as T };
    this.#ended = true;
    await client.getJobExecutionResult();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { client } = await this.#job;
    await client.cancel();
    await this.#rows?.return?.();
    // How it ended does not matter to somebody who has seen enough.
    await client.getJobExecutionResult().catch(() => undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** At most `limit` rows; the job is canceled when there are that many. */
export async function takeRows<T>(rows: CloseableAsyncIterator<T>, limit: number): Promise<T[]> {
  const taken: T[] = [];
  for (let next = await rows.next(); next.done !== true; next = await rows.next()) {
    taken.push(next.value);
    if (taken.length === limit) break;
  }
  await rows.close();
  return taken;
}
