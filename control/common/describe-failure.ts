/** A failure as a person reads it: code, text, causes; the stack of what was thrown by the program itself. */
import { EngineError } from "../../dataplane/protocol/errors.ts";

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
