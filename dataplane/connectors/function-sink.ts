/**
 * Adapter for the deprecated addSink(): a function called with each record. It may be async: the next
 * record comes when the promise is settled.
 */
import type { Sink, SinkWriter, SinkWriterContext } from "./sink.ts";
import { userCodeError } from "./user-code.ts";

export interface SinkFunctionContext {
  /** ms of event time; null = the record has none. */
  timestamp(): number | null;
}

export interface SinkFunction<T> {
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

  createWriter(context: SinkWriterContext): SinkWriter<T> {
    return new FunctionWriter(this.#function, context);
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

  write(record: T, timestampMs: number | null): void | Promise<void> {
    this.#timestampMs = timestampMs;
    return this.#call(() => this.#function.invoke(record, this.#recordContext), record);
  }

  flush(endOfInput: boolean): void | Promise<void> {
    if (endOfInput) return this.#call(() => this.#function.finish?.(), undefined);
  }

  close(): void | Promise<void> {
    return this.#call(() => this.#function.close?.(), undefined);
  }

  #call(call: () => void | Promise<void> | undefined, record: T | undefined): void | Promise<void> {
    try {
      const result = call();
      if (!(result instanceof Promise)) return;
      return result.catch((error: unknown) => {
        throw this.#failure(error, record);
      });
    } catch (error) {
      throw this.#failure(error, record);
    }
  }

  #failure(error: unknown, record: T | undefined): Error {
    const { operatorName: operator, subtaskIndex: subtask } = this.#context;
    return userCodeError(error, { operator, subtask, record: describe(record) });
  }
}

const MAX_DESCRIPTION = 200;

function describe(record: unknown): string {
  if (record === undefined) return "no record";
  const json: string | undefined = JSON.stringify(record, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  const text = json ?? String(record);
  return text.length > MAX_DESCRIPTION ? `${text.slice(0, MAX_DESCRIPTION)}…` : text;
}
