/** Errors of user code that sources and sinks call. */
import { EngineError } from "../protocol/errors.ts";

export interface UserCall {
  readonly operator: string;
  readonly subtask: number;
  /** What it was called with. */
  readonly record: string;
}

/** @returns MR_FUNCTION_THREW with the place in the user's source; an EngineError stays what it is */
export function userCodeError(thrown: unknown, call: UserCall): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EngineError(
    "MR_FUNCTION_THREW",
    { ...call, position: positionOf(thrown), message },
    thrown,
  );
}

function positionOf(thrown: unknown): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  const frame = /^\s+at (?:.*\()?(.+:\d+:\d+)\)?$/m.exec(stack);
  return frame?.[1] ?? "an unknown position";
}
