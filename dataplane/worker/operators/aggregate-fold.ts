/** An AggregateFunction as a fold over the records of a key, in JavaScript. */
import type { RuntimeContext } from "../../connectors/runtime-context.ts";
import type { Aggregate } from "../windows/aggregate.ts";
import type { Fold } from "./fold-head.ts";

export class AggregateFold implements Fold {
  readonly #aggregate: Aggregate;
  readonly #context: RuntimeContext;

  constructor(aggregate: Aggregate, context: RuntimeContext) {
    this.#aggregate = aggregate;
    this.#context = context;
  }

  async open(): Promise<void> {
    await this.#aggregate.function.open(this.#context);
  }

  useSchema(): void {}

  /** Errors, of all of these: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC, MR_RECORD_NULL for undefined. */
  start(record: unknown): unknown {
    return this.#aggregate.add(record, this.#aggregate.create());
  }

  fold(accumulated: unknown, record: unknown): unknown {
    return this.#aggregate.add(record, accumulated);
  }

  /** Of two sessions that become one. */
  merge(a: unknown, b: unknown): unknown {
    return this.#aggregate.merge(a, b);
  }

  /** What an accumulator comes to; null = nothing. */
  result(accumulated: unknown): unknown {
    return this.#aggregate.result(accumulated);
  }

  async close(): Promise<void> {
    await this.#aggregate.function.close();
  }
}
