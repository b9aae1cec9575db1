/**
 * Adapter for the deprecated addSink(): a function called with each record. It may be async: the next
 * record comes when the promise is settled.
 */
import {
  type CheckpointedParts,
  isCheckpointed,
  ownFunction,
  releaseFunction,
} from "./own-function.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import type { Sink, SinkWriter, SinkWriterContext } from "./sink.ts";
import { recordText, refuseAsync, userCodeError } from "./user-code.ts";

export interface SinkFunctionContext {
  /** ms of event time; null = the record has none. */
  timestamp(): number | null;
}

export interface SinkFunction<T> {
  /** Before the first record. */
  open?(context: RuntimeContext): void | Promise<void>;
  invoke(value: T, context: SinkFunctionContext): void | Promise<void>;
  /** At the end of input, after the last record. */
  finish?(): void | Promise<void>;
  close?(): void | Promise<void>;
}

export class FunctionSink<T> implements Sink<T> {
  readonly description = "Custom Sink";
  readonly #function: SinkFunction<T>;

  constructor(sinkFunction: SinkFunction<T>) {
    this.#function = sinkFunction;
  }

  async createWriter(context: SinkWriterContext): Promise<SinkWriter<T>> {
    const { operatorName } = context;
    const fn = isCheckpointed(this.#function, operatorName)
      ? ownFunction(this.#function, operatorName)
      : this.#function;
    const writer = new FunctionWriter(fn, context);
    await writer.open();
    return writer;
  }
}

class FunctionWriter<T> implements SinkWriter<T> {
  readonly #function: SinkFunction<T> & CheckpointedParts;
  readonly #context: SinkWriterContext;
  #timestampMs: number | null = null;
  readonly #recordContext: SinkFunctionContext = { timestamp: () => this.#timestampMs };

  constructor(sinkFunction: SinkFunction<T>, context: SinkWriterContext) {
    this.#function = sinkFunction;
    this.#context = context;
  }

  async open(): Promise<void> {
    const { initializationContext } = this.#context;
    await this.#guard("initializeState()", () =>
      this.#function.initializeState?.(initializationContext),
    );
    await this.#guard("open()", () => this.#function.open?.(this.#context.runtimeContext));
  }

  write(record: T, timestampMs: number | null): void | Promise<void> {
    this.#timestampMs = timestampMs;
    try {
      const result = this.#function.invoke(record, this.#recordContext);
      if (!(result instanceof Promise)) return;
      return result.catch((error: unknown) => {
        throw this.#failure(error, recordText(record));
      });
    } catch (error) {
      throw this.#failure(error, recordText(record));
    }
  }

  async flush(endOfInput: boolean): Promise<void> {
    if (endOfInput) await this.#guard("finish()", () => this.#function.finish?.());
  }

  snapshotState(checkpointId: number): readonly never[] {
    try {
      const context = { getCheckpointId: () => checkpointId };
      refuseAsync(this.#function.snapshotState?.(context), this.#context.operatorName);
    } catch (error) {
      throw this.#failure(error, "snapshotState()");
    }
    return [];
  }

  async notifyCheckpointComplete(checkpointId: number): Promise<void> {
    await this.#guard("notifyCheckpointComplete()", () =>
      this.#function.notifyCheckpointComplete?.(checkpointId),
    );
  }

  notifyCheckpointAborted(checkpointId: number): void {
    try {
      this.#function.notifyCheckpointAborted?.(checkpointId);
    } catch (error) {
      throw this.#failure(error, "notifyCheckpointAborted()");
    }
  }

  async close(): Promise<void> {
    releaseFunction(this.#function);
    await this.#guard("close()", () => this.#function.close?.());
  }

  async #guard(place: string, call: () => void | Promise<void> | undefined): Promise<void> {
    try {
      await call();
    } catch (error) {
      throw this.#failure(error, place);
    }
  }

  #failure(error: unknown, record: string): Error {
    const { operatorName: operator, subtaskIndex: subtask } = this.#context;
    return userCodeError(error, { operator, subtask, record });
  }
}
