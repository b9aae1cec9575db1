/** A failure as a person reads it: code, text, causes; the stack of what was thrown by the program itself. */
import { EngineError, type ERRORS } from "../../dataplane/protocol/errors.ts";
import { EXIT_FAILED, EXIT_USAGE } from "./exit-codes.ts";

export function describeFailure(error: unknown): string {
  if (!(error instanceof EngineError)) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const lines = [`${error.code} ${error.message}`];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    const text =
      cause instanceof EngineError
        ? `${cause.code} ${cause.message}`
        : (cause.stack ?? cause.message);
    lines.push(`caused by ${text}`);
  }
  return lines.join("\n");
}

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
