/** Failures of commands: as JSON, and as exit codes. */
import { EngineError, type ERRORS } from "../../dataplane/protocol/errors.ts";
import { EXIT_FAILED, EXIT_USAGE } from "./exit-codes.ts";

/** A failure as one JSON object. */
export function failureToJson(error: unknown): object {
  if (error instanceof EngineError)
    return { event: "failed", ...error.toWire(), message: error.message };
  return { event: "failed", message: error instanceof Error ? error.message : String(error) };
}

const USAGE_CODES: ReadonlySet<string> = new Set([
  "MR_PROGRAM_NOT_FOUND",
  "MR_PROGRAM_NO_JOB",
  "MR_CONFIG_INVALID",
  "MR_CONFIG_UNKNOWN_OPTION",
] satisfies (keyof typeof ERRORS)[]);

export function exitCodeOf(error: unknown): number {
  return error instanceof EngineError && USAGE_CODES.has(error.code) ? EXIT_USAGE : EXIT_FAILED;
}
