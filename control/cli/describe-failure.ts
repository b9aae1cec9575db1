/** Failures of commands: as JSON, and as exit codes. */
import { EngineError, type ERRORS } from "../../dataplane/protocol/errors.ts";
import { describeFailure } from "../common/describe-failure.ts";
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE } from "./exit-codes.ts";
import type { OutputFormat } from "./output-format.ts";

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

/** Writes what a command answers, or how it failed. @returns the exit code */
export async function writeAnswer(
  format: OutputFormat,
  answer: () => Promise<string>,
): Promise<number> {
  try {
    process.stdout.write(`${await answer()}\n`);
    return EXIT_OK;
  } catch (error) {
    if (format === "json") console.log(JSON.stringify(failureToJson(error)));
    else process.stderr.write(`${describeFailure(error)}\n`);
    return exitCodeOf(error);
  }
}
