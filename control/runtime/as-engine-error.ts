import { EngineError } from "../../dataplane/protocol/errors.ts";

/** What went wrong outside subtasks, as an error of the job. */
export function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError("MR_JOB_FAILED", { message }, error);
}
