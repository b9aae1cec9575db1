/** sinkTo(): a SinkWriter that takes records one by one, or whole batches where it has writeBatch(). */
import type { Sink, SinkWriter, SinkWriterContext } from "../../connectors/sink.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { EngineError } from "../../protocol/errors.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../protocol/status.ts";
import type { SegmentOutput } from "../segment.ts";
import { type BatchConsumer, BatchTarget } from "./batch-target.ts";
import type { OutputTarget } from "./output-target.ts";
import type { RowTarget, Timestamp } from "./row-target.ts";

export interface SinkOptions {
  readonly sink: Sink<unknown, unknown>;
  readonly context: SinkWriterContext;
  /** Where records become batches for a writer that wants those. */
  readonly buffer: OutputTarget;
}

/** Opens the writer and then is what the writer asks for. */
export class SinkTarget implements RowTarget {
  readonly outputs: readonly SegmentOutput[] = [];
  takeBatch: ((batch: BatchView) => number) | null = null;
  readonly #options: SinkOptions;
  #target: RowTarget | null = null;

  constructor(options: SinkOptions) {
    this.#options = options;
  }

  get status(): number {
    return this.#opened.status;
  }

  /** Errors: MR_SINK_FAILED. */
  async open(): Promise<void> {
    const { sink, context, buffer } = this.#options;
    const name = context.operatorName;
    const writer = await guardAsync(name, () => sink.createWriter(context));
    this.#target =
      writer.writeBatch === undefined
        ? new RecordSinkTarget(writer, name)
        : new BatchTarget(buffer, new WriterConsumer(writer, name));
    this.takeBatch = this.#target.takeBatch;
    await this.#target.open();
  }

  begin(): number {
    return this.#opened.begin();
  }

  push(record: unknown, timestampMs: Timestamp): void {
    this.#opened.push(record, timestampMs);
  }

  end(): void {
    this.#opened.end();
  }

  finish(): number {
    return this.#opened.finish();
  }

  hostWork(): Promise<void> {
    return this.#opened.hostWork();
  }

  async close(): Promise<void> {
    await this.#target?.close();
  }

  get #opened(): RowTarget {
    if (this.#target === null) throw new TypeError("the sink is not open");
    return this.#target;
  }
}

class RecordSinkTarget implements RowTarget {
  readonly outputs = [];
  readonly takeBatch = null;
  readonly #writer: SinkWriter<unknown, unknown>;
  readonly #operatorName: string;
  #work: Promise<void> | null = null;
  #isFinishing = false;

  constructor(writer: SinkWriter<unknown, unknown>, operatorName: string) {
    this.#writer = writer;
    this.#operatorName = operatorName;
  }

  get status(): number {
    return this.#work === null ? STATUS_DONE : STATUS_NEED_HOST;
  }

  open(): void {}

  begin(): number {
    return this.status;
  }

  /** Errors: MR_SINK_FAILED. */
  push(record: unknown, timestampMs: Timestamp): void {
    const time = typeof timestampMs === "bigint" ? Number(timestampMs) : timestampMs;
    let work: void | Promise<void>;
    // guard() written out, without a closure per record.
    try {
      work = this.#writer.write(record, time);
    } catch (error) {
      throw sinkFailed(this.#operatorName, error);
    }
    if (work instanceof Promise) this.#await(guarded(this.#operatorName, work));
  }

  end(): void {}

  finish(): number {
    if (this.#work === null && !this.#isFinishing) {
      this.#isFinishing = true;
      this.#await(guard(this.#operatorName, () => this.#writer.flush(true)));
    }
    return this.status;
  }

  async hostWork(): Promise<void> {
    await this.#work;
  }

  async close(): Promise<void> {
    await guardAsync(this.#operatorName, () => this.#writer.close());
  }

  #await(work: Promise<void> | null): void {
    if (work === null) return;
    this.#work = work.then(() => {
      this.#work = null;
    });
    // Its failure is for hostWork() to report.
    this.#work.catch(() => {});
  }
}

class WriterConsumer implements BatchConsumer {
  readonly #writer: SinkWriter<unknown, unknown>;
  readonly #operatorName: string;

  constructor(writer: SinkWriter<unknown, unknown>, operatorName: string) {
    this.#writer = writer;
    this.#operatorName = operatorName;
  }

  open(): void {}

  room(): null {
    return null;
  }

  accept(batch: BatchView): Promise<void> | null {
    return guard(this.#operatorName, () => this.#writer.writeBatch?.(batch));
  }

  finish(): Promise<void> | null {
    return guard(this.#operatorName, () => this.#writer.flush(true));
  }

  async close(): Promise<void> {
    await guardAsync(this.#operatorName, () => this.#writer.close());
  }
}

/** Runs a sink's code; answers null if it is done at once. Errors: MR_SINK_FAILED, also of the promise. */
function guard(
  operator: string,
  action: () => void | Promise<void> | undefined,
): Promise<void> | null {
  let result: void | Promise<void> | undefined;
  try {
    result = action();
  } catch (error) {
    throw sinkFailed(operator, error);
  }
  return result instanceof Promise ? guarded(operator, result) : null;
}

function guarded(operator: string, work: Promise<void>): Promise<void> {
  return work.catch((error: unknown) => {
    throw sinkFailed(operator, error);
  });
}

async function guardAsync<V>(operator: string, action: () => V | Promise<V>): Promise<V> {
  try {
    return await action();
  } catch (error) {
    throw sinkFailed(operator, error);
  }
}

function sinkFailed(operator: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError("MR_SINK_FAILED", { operator, message }, error);
}
