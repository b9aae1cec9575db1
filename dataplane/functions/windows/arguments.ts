/** Checks of what windows, triggers and evictors are given. */
import { EngineError } from "../../protocol/errors.ts";

/** Errors: MR_GRAPH_INVALID with Flink's text. */
export function checkParameters(isFit: boolean, owner: string, condition: string): void {
  if (isFit) return;
  const message = `${owner} parameters must satisfy ${condition}.`;
  throw new EngineError("MR_GRAPH_INVALID", { message });
}

/** Errors: MR_FUNCTION_INVALID. */
export function checkCount(value: number, operation: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw invalid(operation, "a number of records from 1", value);
}

/** Errors: MR_FUNCTION_INVALID. */
export function checkThreshold(value: number, operation: string): number {
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw invalid(operation, "a threshold that is a number", value);
}

/** Errors: MR_FUNCTION_INVALID. */
export function checkInterval(ms: number, operation: string): number {
  if (ms > 0) return ms;
  throw invalid(operation, "a time above 0 ms", ms);
}

function invalid(operation: string, expected: string, actual: unknown): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual: String(actual) });
}
