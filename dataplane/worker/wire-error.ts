/** Whatever was thrown in a task, as an error with a code that can travel. */
import type { TaskSpec } from "../protocol/deployment.ts";
import { EngineError, type WireError } from "../protocol/errors.ts";

export function wireError(error: unknown, task: TaskSpec): WireError {
  return asEngineError(error, task).toWire();
}

function asEngineError(error: unknown, { name, subtaskIndex }: TaskSpec): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const details = { task: name, subtask: subtaskIndex + 1, message };
  return new EngineError("MR_TASK_FAILED", details, error);
}
