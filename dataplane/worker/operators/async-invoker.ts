/**
 * The requests of an async operator: calls the user's function for a record, calls it again where the
 * retry strategy says so, and gives a request up after the timeout, which counts from the first
 * attempt.
 *
 *   open      an attempt is under way: the first answer to it counts, later ones do not
 *   retrying  waits for the next attempt: answers do not count
 *   done      has its results, or has failed the job
 *
 * What the user's timeout() answers is final: no retry follows. Answers come in at any time, from the
 * event loop or from inside a call of the function; nothing is put out here.
 */
import { recordText } from "../../connectors/user-code.ts";
import { kindText } from "../../formats/type-text.ts";
import type { AsyncRetryStrategy } from "../../protocol/async-retry.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { Clock } from "../clock.ts";
import { type Timer, TimerHeap } from "../state/timer-heap.ts";
import type { RecordEntry } from "./async-queue.ts";
import type { UserFunction } from "./user-function.ts";

export type TimeoutFunction = (value: unknown, future: ResultFuture) => unknown;

/** What the user's functions complete a request by. */
interface ResultFuture {
  complete(results: Iterable<unknown>): void;
  completeExceptionally(error: unknown): void;
}

interface Request {
  readonly entry: RecordEntry;
  readonly future: ResultFuture;
  state: "open" | "retrying" | "done";
  attempts: number;
  isTimedOut: boolean;
  timeout: Timer<() => void> | null;
  retry: Timer<() => void> | null;
}

export interface InvokerParts {
  readonly fn: UserFunction;
  /** null = a request that takes too long fails the job. */
  readonly onTimeout: TimeoutFunction | null;
  /** 0 = requests may take as long as they like. */
  readonly timeoutMs: number;
  readonly retry: AsyncRetryStrategy<unknown> | null;
  readonly clock: Clock;
  /** `entry` has its results. */
  done(entry: RecordEntry): void;
  failed(error: EngineError): void;
}

export class AsyncInvoker {
  readonly #parts: InvokerParts;
  readonly #timers = new TimerHeap<() => void>();
  readonly #retrying = new Set<Request>();
  #isFinishing = false;
  #isClosed = false;

  constructor(parts: InvokerParts) {
    this.#parts = parts;
  }

  /** `clock.now()` of the first timer; Infinity = there is none. */
  get nextTimerMs(): number {
    return this.#timers.nextMs;
  }

  start(entry: RecordEntry): void {
    const request = this.#requestOf(entry);
    const { timeoutMs, clock } = this.#parts;
    if (timeoutMs > 0) {
      const dueMs = clock.now() + timeoutMs;
      request.timeout = this.#timers.add(dueMs, () => this.#timeOut(request));
    }
    this.#attempt(request);
  }

  /** Fires the timers of times up to `nowMs`. */
  fireTimers(nowMs: number): void {
    for (let timer = this.#timers.takeDue(nowMs); timer !== null; ) {
      timer.value();
      timer = this.#timers.takeDue(nowMs);
    }
  }

  /** No more input comes: what waits for a retry has it now, and there are no more of them. */
  finishRetries(): void {
    this.#isFinishing = true;
    for (const request of this.#retrying) {
      this.#cancel(request.retry);
      this.#tryAgain(request);
    }
  }

  /** What is under way is forgotten. */
  close(): void {
    this.#isClosed = true;
    this.#timers.clear();
    this.#retrying.clear();
  }

  #requestOf(entry: RecordEntry): Request {
    const request: Request = {
      entry,
      // Not methods: users may take them apart.
      future: {
        complete: (results) => this.#complete(request, results),
        completeExceptionally: (error) => this.#completeExceptionally(request, error),
      },
      state: "open",
      attempts: 1,
      isTimedOut: false,
      timeout: null,
      retry: null,
    };
    return request;
  }

  #attempt(request: Request): void {
    const { fn } = this.#parts;
    const { future, entry } = request;
    const takesFuture = fn.isMethod || fn.arity >= 2;
    this.#settle(request, takesFuture, () =>
      takesFuture ? fn.call(entry.value, future) : fn.call(entry.value),
    );
  }

  /** @param takesFuture the function completes the future; else what it answers are the results */
  #settle(request: Request, takesFuture: boolean, call: () => unknown): void {
    const { future } = request;
    let answer: unknown;
    try {
      answer = call();
    } catch (error) {
      future.completeExceptionally(error);
      return;
    }
    if (isThenable(answer)) {
      const onResults = takesFuture ? undefined : future.complete;
      answer.then(onResults as (value: unknown) => void, future.completeExceptionally);
    } else if (!takesFuture) {
      future.complete(answer as Iterable<unknown>);
    }
  }

  #timeOut(request: Request): void {
    if (request.state === "done") return;
    this.#cancel(request.retry);
    this.#retrying.delete(request);
    request.state = "open";
    request.isTimedOut = true;
    const { onTimeout } = this.#parts;
    if (onTimeout === null) this.#fail(request, this.#timeoutError(request));
    else this.#settle(request, true, () => onTimeout(request.entry.value, request.future));
  }

  #complete(request: Request, answer: unknown): void {
    if (request.state !== "open" || this.#isClosed) return;
    const results = this.#resultsOf(request, answer);
    if (results === null) return;
    const { retry, done } = this.#parts;
    if (this.#isWorthARetry(request, () => retry?.getRetryPredicate().resultPredicate?.(results))) {
      this.#retryLater(request);
      return;
    }
    this.#close(request);
    request.entry.results = results;
    done(request.entry);
  }

  #completeExceptionally(request: Request, error: unknown): void {
    if (request.state !== "open" || this.#isClosed) return;
    const { retry, fn } = this.#parts;
    if (
      this.#isWorthARetry(request, () => retry?.getRetryPredicate().exceptionPredicate?.(error))
    ) {
      this.#retryLater(request);
    } else {
      this.#fail(request, fn.threw(error, request.entry.value));
    }
  }

  /** null = they are none, and the request has failed. */
  #resultsOf(request: Request, answer: unknown): readonly unknown[] | null {
    if (Array.isArray(answer)) return answer;
    const { fn } = this.#parts;
    if (typeof answer !== "object" || answer === null || !(Symbol.iterator in answer)) {
      this.#fail(
        request,
        new EngineError("MR_FUNCTION_INVALID", {
          operation: `asyncInvoke (${fn.owner.operatorName})`,
          expected: "an array of results or another iterable object, an empty one for none",
          actual: kindText(answer),
        }),
      );
      return null;
    }
    try {
      return [...(answer as Iterable<unknown>)];
    } catch (error) {
      this.#completeExceptionally(request, error);
      return null;
    }
  }

  #isWorthARetry(request: Request, predicate: () => boolean | undefined): boolean {
    const { retry, fn } = this.#parts;
    if (retry === null || request.isTimedOut || this.#isFinishing) return false;
    try {
      return predicate() === true && retry.canRetry(request.attempts);
    } catch (error) {
      this.#parts.failed(fn.threw(error, request.entry.value));
      return false;
    }
  }

  #retryLater(request: Request): void {
    const { retry, clock } = this.#parts;
    const delayMs = retry?.getBackoffTimeMillis(request.attempts) ?? 0;
    request.state = "retrying";
    this.#retrying.add(request);
    request.retry = this.#timers.add(clock.now() + delayMs, () => this.#tryAgain(request));
  }

  #tryAgain(request: Request): void {
    this.#retrying.delete(request);
    request.retry = null;
    request.state = "open";
    request.attempts += 1;
    this.#attempt(request);
  }

  #fail(request: Request, error: EngineError): void {
    this.#close(request);
    this.#parts.failed(error);
  }

  #close(request: Request): void {
    request.state = "done";
    this.#cancel(request.timeout);
  }

  #cancel(timer: Timer<() => void> | null): void {
    if (timer !== null) this.#timers.remove(timer);
  }

  #timeoutError({ entry }: Request): EngineError {
    const { fn, timeoutMs } = this.#parts;
    const { operatorName, subtaskIndex } = fn.owner;
    return new EngineError("MR_ASYNC_TIMEOUT", {
      operator: operatorName,
      subtask: subtaskIndex,
      timeoutMs,
      record: recordText(entry.value),
    });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}
