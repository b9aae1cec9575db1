/**
 * Adapter for the deprecated addSink(): a function called with each record. It may be async: the next
 * record comes when the promise is settled.
 */
import type { RuntimeContext } from "./runtime-context.ts";
import type { Sink, SinkWriter, SinkWriterContext } from "./sink.ts";
import { recordText, userCodeError } from "./user-code.ts";

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
    const writer = new FunctionWriter(this.#function, context);
    await writer.open();
    return writer;
  }
}

class FunctionWriter<T> implements SinkWriter<T> {
  readonly #function: SinkFunction<T>;
  readonly #context: SinkWriterContext;
  #timestampMs: number | null = null;
  readonly #recordContext: SinkFunctionContext = { timestamp: () => this.#timestampMs };

  constructor(sinkFunction: SinkFunction<T>, context: SinkWriterContext) {
    this.#function = sinkFunction;
    this.#context = context;
  }

  async open(): Promise<void> {
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

  async close(): Promise<void> {
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
