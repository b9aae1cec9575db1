/** What users give an async operator besides the function itself. */
import { type AsyncRetryStrategy, BackoffRetryStrategy } from "../../protocol/async-retry.ts";
import type { AsyncRetrySpec } from "../../protocol/deployment.ts";
import type { TimeoutFunction } from "./async-invoker.ts";

/** The timeout() of the object form; null = there is none. */
export function timeoutOf(fn: unknown): TimeoutFunction | null {
  if (typeof fn !== "object" || fn === null || !("timeout" in fn)) return null;
  const { timeout } = fn;
  return typeof timeout === "function" ? (timeout.bind(fn) as TimeoutFunction) : null;
}

/** @param functionOf function of the operator, by role; undefined = it has none */
export function retryOf(
  spec: AsyncRetrySpec | null,
  functionOf: (role: string) => unknown,
): AsyncRetryStrategy<unknown> | null {
  if (spec === null) return null;
  if (spec.kind === "custom") return functionOf("retry") as AsyncRetryStrategy<unknown>;
  return new BackoffRetryStrategy(spec, {
    resultPredicate: functionOf("retry-result") as (results: readonly unknown[]) => boolean,
    exceptionPredicate: functionOf("retry-exception") as (error: unknown) => boolean,
  });
}
