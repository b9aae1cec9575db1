/**
 * Answers that say no, with the texts of Flink: tools look for some of them. Classes are named as there, stack traces
 * are left out.
 */
import { EngineError } from "../../dataplane/protocol/errors.ts";

/** Ends a request with a status and texts. */
export class RestFailure extends Error {
  readonly status: number;
  readonly errors: readonly string[];
  /** Whether pages of other sites may read it: not what comes from in front of Flink's handlers. */
  readonly isForAll: boolean;

  constructor(status: number, errors: readonly string[], isForAll = true) {
    super(errors.join("\n"));
    this.name = "RestFailure";
    this.status = status;
    this.errors = errors;
    this.isForAll = isForAll;
  }
}

export const COMPLETION_EXCEPTION = "java.util.concurrent.CompletionException";
export const HANDLER_EXCEPTION = "org.apache.flink.runtime.rest.handler.RestHandlerException";
const NOT_FOUND_EXCEPTION = "org.apache.flink.runtime.rest.NotFoundException";
const REQUEST_EXCEPTION = "org.apache.flink.runtime.rest.handler.HandlerRequestException";

/** An exception and what caused it, as Java prints them. */
export function throwableText(...chain: readonly string[]): string {
  return chain.map((text, index) => (index === 0 ? text : `Caused by: ${text}`)).join("\n");
}

/** The request cannot be answered, and why. */
export function refused(status: number, message: string, ...causes: string[]): RestFailure {
  return new RestFailure(status, [
    `${throwableText(`${HANDLER_EXCEPTION}: ${message}`, ...causes)}\n`,
  ]);
}

/** Something that the path names is not there. */
export function notFound(message: string, ...causes: string[]): RestFailure {
  return new RestFailure(404, [
    `${throwableText(`${NOT_FOUND_EXCEPTION}: ${message}`, ...causes)}\n`,
  ]);
}

/** What Flink answers where it did not expect the failure. */
export function internalFailure(...chain: string[]): RestFailure {
  return new RestFailure(500, [
    "Internal server error.",
    `<Exception on server side:\n${throwableText(...chain)}\n\nEnd of exception on server side>`,
  ]);
}

export function jobNotFoundText(jobId: string): string {
  return `org.apache.flink.runtime.messages.FlinkJobNotFoundException: Could not find Flink job (${jobId})`;
}

export function jobNotFound(jobId: string): RestFailure {
  return notFound(`Job ${jobId} not found`, jobNotFoundText(jobId));
}

export function badParameter(where: "path" | "query", name: string, value: string): RestFailure {
  const message = `Cannot resolve ${where} parameter (${name}) from value "${value}".`;
  return refused(
    400,
    `Bad request, could not parse parameters: ${message}`,
    `${REQUEST_EXCEPTION}: ${message}`,
  );
}

/** @param format name of the body that was expected */
export function badBody(format: string, reason: string): RestFailure {
  return refused(400, `Request did not match expected format ${format}.`, reason);
}

/** As Java would print it: the class, the message and what caused it. */
export function failureChain(error: unknown): string[] {
  const chain: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    chain.push(`${failureClass(cause)}: ${cause.message}`);
  }
  return chain.length === 0 ? [String(error)] : chain;
}

/** Codes stand in the place of classes. */
export function failureClass(error: Error): string {
  return error instanceof EngineError ? `millrace.${error.code}` : error.name;
}
