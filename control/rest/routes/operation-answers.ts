/** What is answered about operations that take time. */
import { EngineError } from "../../../dataplane/protocol/errors.ts";
import { COMPLETION_EXCEPTION, failureChain, jobNotFoundText, notFound } from "../errors.ts";
import type { Json } from "../json.ts";
import type { OperationState } from "../operations.ts";
import { serializedFailure } from "../serialized-values.ts";

/**
 * @param result of an operation that succeeded
 * @param failureName member that the cause of a failure is in
 */
export function operationBody(
  state: OperationState<unknown> | null,
  result: (value: unknown) => Json,
  failureName = "failure-cause",
): Json {
  if (state === null) {
    const key = "org.apache.flink.runtime.rest.handler.async.OperationKey";
    throw notFound(`Operation not found under key: ${key}`);
  }
  if (state.kind === "in-progress") return { status: { id: "IN_PROGRESS" }, operation: null };
  const operation =
    state.kind === "completed"
      ? result(state.value)
      : { [failureName]: serializedFailure(operationChain(state.error)) };
  return { status: { id: "COMPLETED" }, operation };
}

/** Why an operation failed. A job that is not there, or not any more, has the exception that tools know. */
function operationChain(error: unknown): readonly string[] {
  const chain = isJobGone(error)
    ? [jobNotFoundText(String(error.details.job))]
    : failureChain(error);
  return [`${COMPLETION_EXCEPTION}: ${chain[0]}`, ...chain];
}

function isJobGone(error: unknown): error is EngineError {
  return (
    error instanceof EngineError &&
    (error.code === "MR_JOB_NOT_FOUND" || error.code === "MR_JOB_NOT_RUNNING")
  );
}
