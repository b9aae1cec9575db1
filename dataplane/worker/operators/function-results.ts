/** What functions may answer. */
import { kindText } from "../../formats/type-text.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { UserFunction } from "./user-function.ts";

/**
 * Of what a flatMap answered: an iterable, or nothing.
 *
 * Errors: MR_FUNCTION_ASYNC, MR_FUNCTION_INVALID.
 */
export function iteratorOf(result: unknown, fn: UserFunction): Iterator<unknown> | null {
  if (result === undefined || result === null) return null;
  const iterable = result as Partial<Iterable<unknown>>;
  if (typeof result === "object" && typeof iterable[Symbol.iterator] === "function") {
    return (iterable as Iterable<unknown>)[Symbol.iterator]();
  }
  if (typeof result === "object" && Symbol.asyncIterator in result) {
    throw new EngineError("MR_FUNCTION_ASYNC", { operator: fn.owner.operatorName });
  }
  throw new EngineError("MR_FUNCTION_INVALID", {
    operation: `flatMap (${fn.owner.operatorName})`,
    expected: "an array or another iterable object, or nothing and a collector",
    actual: kindText(result),
  });
}

export function notBoolean(actual: unknown, fn: UserFunction): EngineError {
  const operator = fn.owner.operatorName;
  return new EngineError("MR_FILTER_NOT_BOOLEAN", { operator, actual: kindText(actual) });
}
