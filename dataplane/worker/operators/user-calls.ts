/**
 * What user functions of an operator are given to put out with: a collector and side outputs. What goes
 * wrong while they put out ends the job, even if the user's code catches it; and only during a call may
 * they put out anything.
 */

import type { Collector } from "../../functions/collector.ts";
import { OutputTag } from "../../functions/output-tag.ts";
import { EngineError } from "../../protocol/errors.ts";
import { LONG_MIN } from "../../protocol/long.ts";
import type { Timestamp } from "./row-target.ts";
import type { OperatorHost } from "./stream-operator.ts";
import type { UserFunction } from "./user-function.ts";

/** As in Flink, the time of a record that goes to a side output and has none. */

export class UserCalls implements Collector<unknown> {
  /** Of the records put out from now on. */
  timestampMs: Timestamp = null;
  /** Of those that go to side outputs. */
  sideTimestampMs: Timestamp = null;
  readonly #host: OperatorHost;
  #isActive = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(host: OperatorHost) {
    this.#host = host;
  }

  /** Before a call of the user's code. */
  begin(): void {
    this.#isActive = true;
  }

  /**
   * When it has returned.
   *
   * Errors: MR_FUNCTION_ASYNC, and what was thrown while it put out.
   */
  end(fn: UserFunction, result: unknown): void {
    this.#isActive = false;
    if (this.#failure !== null) throw this.#failure.error;
    fn.checkSync(result);
  }

  /**
   * When it has thrown: what to throw in its place.
   *
   * @param record what the call was about, for messages
   */
  failed(fn: UserFunction, error: unknown, record: unknown): unknown {
    this.#isActive = false;
    if (this.#failure !== null) return this.#failure.error;
    return error instanceof EngineError ? error : fn.threw(error, record);
  }

  /** Errors: MR_RECORD_NULL, MR_FUNCTION_INVALID and those of the output. */
  collect(record: unknown): void {
    if (!this.#isActive) throw tooLate("collect()", this.#host.operatorName);
    try {
      this.#host.collect(this.#checkRecord(record), this.timestampMs);
    } catch (error) {
      throw this.#noted(error);
    }
  }

  /** Errors: as collect(). */
  output(tag: OutputTag<unknown>, record: unknown): void {
    if (!this.#isActive) throw tooLate("output()", this.#host.operatorName);
    try {
      if (!(tag instanceof OutputTag)) throw notATag(tag);
      const timestampMs = this.sideTimestampMs ?? LONG_MIN;
      this.#host.collectTo(tag.id, this.#checkRecord(record), timestampMs);
    } catch (error) {
      throw this.#noted(error);
    }
  }

  #noted(error: unknown): unknown {
    this.#failure ??= { error };
    return error;
  }

  #checkRecord(record: unknown): unknown {
    if (record !== null && record !== undefined) return record;
    const { operatorName: operator } = this.#host;
    throw new EngineError("MR_RECORD_NULL", { operator, value: String(record) });
  }
}

function notATag(tag: unknown): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", {
    operation: "output()",
    expected: "an OutputTag",
    actual: typeof tag === "object" && tag !== null ? "another object" : String(tag),
  });
}

function tooLate(operation: string, operator: string): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", {
    operation: `${operation} of ${operator}`,
    expected: "a call before the function returns",
    actual: "a later one",
  });
}
