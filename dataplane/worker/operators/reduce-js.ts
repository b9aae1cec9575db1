/** The user's reduce() as a fold over the records of a key. */
import type { RuntimeContext } from "../../connectors/runtime-context.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { Fold } from "./fold-head.ts";
import type { UserFunction } from "./user-function.ts";

export class ReduceFold implements Fold {
  readonly #fn: UserFunction;
  readonly #context: RuntimeContext;

  constructor(fn: UserFunction, context: RuntimeContext) {
    this.#fn = fn;
    this.#context = context;
  }

  open(): Promise<void> {
    return this.#fn.open(this.#context);
  }

  useSchema(): void {}

  start(record: unknown): unknown {
    return record;
  }

  /** Errors: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC, MR_RECORD_NULL. */
  fold(accumulated: unknown, record: unknown): unknown {
    let result: unknown;
    try {
      result = this.#fn.call(accumulated, record);
    } catch (error) {
      throw this.#fn.threw(error, record);
    }
    this.#fn.checkSync(result);
    if (result === null || result === undefined) {
      const operator = this.#fn.owner.operatorName;
      throw new EngineError("MR_RECORD_NULL", { operator, value: String(result) });
    }
    return result;
  }

  close(): Promise<void> {
    return this.#fn.close();
  }
}
