/** HTTP statuses of failures that no route has an answer of its own for. */
import { EngineError, ERRORS } from "../../dataplane/protocol/errors.ts";

const NOT_FOUND = new Set<string>(["MR_JOB_NOT_FOUND", "MR_JAR_NOT_FOUND"]);
const CONFLICT = new Set<string>(["MR_JOB_ID_IN_USE", "MR_JOB_NOT_RUNNING"]);

export function statusOf(error: unknown): number {
  if (error instanceof EngineError) {
    if (NOT_FOUND.has(error.code)) return 404;
    if (CONFLICT.has(error.code)) return 409;
    return domainStatus(error);
  }
  // The framework's own, of requests it could not read.
  const status = (error as { readonly statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}

function domainStatus(error: EngineError): number {
  const { domain } = ERRORS[error.code];
  if (domain === "user") return 400;
  return domain === "external" ? 503 : 500;
}
