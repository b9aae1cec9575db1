/** The user's AggregateFunction: calls it about records, and explains what it throws. */
import type { AggregateFunction } from "../../functions/aggregate.ts";
import { EngineError } from "../../protocol/errors.ts";
import { type FunctionOwner, UserFunction } from "../operators/user-function.ts";

type Method = keyof AggregateFunction<unknown, unknown, unknown>;

export class Aggregate {
  readonly #methods: Readonly<Record<Method, UserFunction>>;

  /** Errors: MR_FUNCTION_INVALID. */
  constructor(owner: FunctionOwner, fn: unknown) {
    const method = (name: Method): UserFunction => new UserFunction(owner, fn, name);
    this.#methods = {
      createAccumulator: method("createAccumulator"),
      add: method("add"),
      getResult: method("getResult"),
      merge: method("merge"),
    };
  }

  /** One of the methods, to open and close the object they all are of. */
  get function(): UserFunction {
    return this.#methods.add;
  }

  /** Errors, of all of these: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC, MR_RECORD_NULL for undefined. */
  create(): unknown {
    return this.#check(this.#methods.createAccumulator.invoke(undefined));
  }

  add(record: unknown, accumulator: unknown): unknown {
    const { add } = this.#methods;
    let result: unknown;
    try {
      result = add.call(record, accumulator);
    } catch (error) {
      throw add.threw(error, record);
    }
    add.checkSync(result);
    return this.#check(result);
  }

  result(accumulator: unknown): unknown {
    return this.#check(this.#methods.getResult.invoke(accumulator, accumulator));
  }

  merge(a: unknown, b: unknown): unknown {
    return this.#check(this.#methods.merge.invoke(b, a, b));
  }

  /** A return that was forgotten. */
  #check(value: unknown): unknown {
    if (value !== undefined) return value;
    const operator = this.function.owner.operatorName;
    throw new EngineError("MR_RECORD_NULL", { operator, value: "undefined" });
  }
}
