/** Retries of async I/O, as Flink's builders make them. */
import {
  type AsyncRetryPredicate,
  type AsyncRetryStrategy,
  BackoffRetryStrategy,
  type BackoffSpec,
} from "../../dataplane/protocol/async-retry.ts";
import { durationMs, type TimeSpan } from "../../dataplane/protocol/duration.ts";
import { describeValue } from "../common/describe-value.ts";
import { invalidFunction } from "./functions.ts";

/** What the builders of retry strategies have in common. @public */
export class RetryStrategyBuilder<R = unknown> {
  readonly #backoff: BackoffSpec;
  readonly #operation: string;
  #predicate: AsyncRetryPredicate<R> = {};

  /** @internal */
  constructor(backoff: BackoffSpec, operation: string) {
    this.#backoff = backoff;
    this.#operation = operation;
  }

  /** Makes the request again when its results satisfy this. */
  ifResult(predicate: (results: readonly R[]) => boolean): this {
    this.#check(predicate, "ifResult()");
    this.#predicate = { ...this.#predicate, resultPredicate: predicate };
    return this;
  }

  /** Makes the request again when its error satisfies this. */
  ifException(predicate: (error: unknown) => boolean): this {
    this.#check(predicate, "ifException()");
    this.#predicate = { ...this.#predicate, exceptionPredicate: predicate };
    return this;
  }

  build(): AsyncRetryStrategy<R> {
    return new BackoffRetryStrategy<R>(this.#backoff, this.#predicate);
  }

  #check(predicate: unknown, method: string): void {
    if (typeof predicate === "function") return;
    const operation = `${this.#operation}.${method}`;
    throw invalidFunction(operation, "a predicate", describeValue(predicate));
  }
}

/** @public */
export class FixedDelayRetryStrategyBuilder<R = unknown> extends RetryStrategyBuilder<R> {
  /**
   * @param maxAttempts retries: the function is called once more than that
   * @param backoffTime between an answer and the next attempt
   * Throws MR_FUNCTION_INVALID.
   */
  constructor(maxAttempts: number, backoffTime: TimeSpan) {
    const operation = "FixedDelayRetryStrategyBuilder";
    const delayMs = positiveMs(backoffTime, `${operation}: backoffTime`);
    super(
      {
        maxAttempts: positive(maxAttempts, operation),
        initialDelayMs: delayMs,
        maxDelayMs: delayMs,
        multiplier: 1,
      },
      operation,
    );
  }
}

/** @public */
export class ExponentialBackoffDelayRetryStrategyBuilder<
  R = unknown,
> extends RetryStrategyBuilder<R> {
  /**
   * @param maxAttempts retries: the function is called once more than that
   * @param initialDelay before the first retry
   * @param maxRetryDelay the delay grows no further than this
   * @param multiplier from one delay to the next, 1 or more
   * Throws MR_FUNCTION_INVALID.
   */
  constructor(
    maxAttempts: number,
    initialDelay: TimeSpan,
    maxRetryDelay: TimeSpan,
    multiplier: number,
  ) {
    const operation = "ExponentialBackoffDelayRetryStrategyBuilder";
    if (!(Number.isFinite(multiplier) && multiplier >= 1)) {
      throw invalidFunction(operation, "a multiplier from 1", describeValue(multiplier));
    }
    super(
      {
        maxAttempts: positive(maxAttempts, operation),
        initialDelayMs: positiveMs(initialDelay, `${operation}: initialDelay`),
        maxDelayMs: positiveMs(maxRetryDelay, `${operation}: maxRetryDelay`),
        multiplier,
      },
      operation,
    );
  }
}

/**
 * Retry strategies of AsyncDataStream's ...WithRetry methods.
 *
 * ```ts
 * new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder<string>(3, "100 ms")
 *   .ifException(RetryPredicates.HAS_EXCEPTION_PREDICATE)
 *   .build();
 * ```
 * @public
 */
export const AsyncRetryStrategies = Object.freeze({
  FixedDelayRetryStrategyBuilder,
  ExponentialBackoffDelayRetryStrategyBuilder,
});

/** Predicates for retry strategies. @public */
export const RetryPredicates = Object.freeze({
  /** No results. */
  EMPTY_RESULT_PREDICATE: (results: readonly unknown[]): boolean => results.length === 0,
  /** Any error. */
  HAS_EXCEPTION_PREDICATE: (error: unknown): boolean => error !== null && error !== undefined,
});

function positive(maxAttempts: unknown, operation: string): number {
  if (typeof maxAttempts === "number" && Number.isInteger(maxAttempts) && maxAttempts >= 1) {
    return maxAttempts;
  }
  throw invalidFunction(operation, "a maxAttempts from 1", describeValue(maxAttempts));
}

function positiveMs(value: unknown, operation: string): number {
  const ms = durationMs(value, operation);
  if (ms > 0) return ms;
  throw invalidFunction(operation, "a delay of at least 1 ms", describeValue(value));
}
