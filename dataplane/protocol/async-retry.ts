/** When a request of async I/O is made again: the parameters as plain data, and what they come to. */

/** A delay that grows by a factor from retry to retry, up to a limit; factor 1 = a fixed delay. */
export interface BackoffSpec {
  /** Retries at most: the function is called once more than that. */
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly multiplier: number;
}

/** Which outcomes of a request are worth another attempt; absent = none of that kind. @public */
export interface AsyncRetryPredicate<R> {
  readonly resultPredicate?: ((results: readonly R[]) => boolean) | undefined;
  readonly exceptionPredicate?: ((error: unknown) => boolean) | undefined;
}

/** Decides on further attempts of a request. One of its own may be written. @public */
export interface AsyncRetryStrategy<R> {
  /** @param currentAttempts attempts so far, from 1 */
  canRetry(currentAttempts: number): boolean;
  /** ms until the next attempt, > 0; @param currentAttempts attempts so far, from 1 */
  getBackoffTimeMillis(currentAttempts: number): number;
  getRetryPredicate(): AsyncRetryPredicate<R>;
}

/**
 * The delays of a BackoffSpec. Each request has its own: Flink 1.20 lets the delay of one request
 * grow with the retries of all others.
 */
export class BackoffRetryStrategy<R> implements AsyncRetryStrategy<R> {
  readonly backoff: BackoffSpec;
  readonly #predicate: AsyncRetryPredicate<R>;

  constructor(backoff: BackoffSpec, predicate: AsyncRetryPredicate<R>) {
    this.backoff = backoff;
    this.#predicate = predicate;
  }

  canRetry(currentAttempts: number): boolean {
    return currentAttempts <= this.backoff.maxAttempts;
  }

  getBackoffTimeMillis(currentAttempts: number): number {
    const { initialDelayMs, maxDelayMs, multiplier } = this.backoff;
    if (currentAttempts <= 1) return initialDelayMs;
    return Math.floor(Math.min(initialDelayMs * multiplier ** (currentAttempts - 1), maxDelayMs));
  }

  getRetryPredicate(): AsyncRetryPredicate<R> {
    return this.#predicate;
  }
}
