/** sinkTo(): a SinkWriter that takes records one by one, or whole batches where it has writeBatch(). */
import type { BatchView } from "../../memory/batch-view.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../protocol/status.ts";
import type { SegmentContext, SegmentOutput } from "../segment.ts";
import { type BatchConsumer, BatchTarget } from "./batch-target.ts";
import type { OutputTarget } from "./output-target.ts";
import type { RowTarget, Timestamp } from "./row-target.ts";
import { type AnySink, type AnyWriter, SinkLifecycle, sinkFailed } from "./sink-lifecycle.ts";

export interface SinkOptions {
  readonly sink: AnySink;
  readonly operatorName: string;
  readonly context: SegmentContext;
  /** Where records become batches for a writer that wants those. */
  readonly buffer: OutputTarget;
}

/** How records get to the writer. */
interface WriterInput extends RowTarget {
  /** STATUS_DONE: the writer has dealt with all that was put in. */
  settle(): number;
}

/** Opens the writer and then is what the writer asks for. */
export class SinkTarget implements RowTarget {
  readonly outputs: readonly SegmentOutput[] = [];
  readonly lifecycle: SinkLifecycle;
  takeBatch: ((batch: BatchView) => number) | null = null;
  readonly #options: SinkOptions;
  #input: WriterInput | null = null;

  constructor(options: SinkOptions) {
    const { sink, operatorName, context } = options;
    this.#options = options;
    this.lifecycle = new SinkLifecycle({
      ...{ sink, operatorName, context },
      settle: () => this.#opened.settle(),
    });
  }

  get status(): number {
    return this.#opened.status;
  }

  /** Errors: MR_SINK_FAILED. */
  async open(): Promise<void> {
    const { operatorName, buffer } = this.#options;
    const writer = await this.lifecycle.open();
    this.#input =
      writer.writeBatch === undefined
        ? new RecordInput(writer, operatorName)
        : new BatchTarget(buffer, new WriterConsumer(writer, operatorName));
    this.takeBatch = this.#input.takeBatch;
    await this.#input.open();
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
    const status = this.#opened.settle();
    return status === STATUS_DONE ? this.lifecycle.finish() : status;
  }

  async hostWork(): Promise<void> {
    await this.lifecycle.hostWork();
    await this.#opened.hostWork();
  }

  async close(): Promise<void> {
    try {
      await this.#input?.close();
    } finally {
      await this.lifecycle.close();
    }
  }

  get #opened(): WriterInput {
    if (this.#input === null) throw new TypeError("the sink is not open");
    return this.#input;
  }
}

class RecordInput implements WriterInput {
  readonly outputs = [];
  readonly takeBatch = null;
  readonly #writer: AnyWriter;
  readonly #operatorName: string;
  #work: Promise<void> | null = null;

  constructor(writer: AnyWriter, operatorName: string) {
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

  settle(): number {
    return this.status;
  }

  finish(): number {
    return this.status;
  }

  async hostWork(): Promise<void> {
    await this.#work;
  }

  close(): void {}

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
  readonly #writer: AnyWriter;
  readonly #operatorName: string;

  constructor(writer: AnyWriter, operatorName: string) {
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

  finish(): null {
    return null;
  }

  close(): void {}
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
