/** Async I/O: a request per record, many of them at a time. */
import type { AsyncRetryStrategy } from "../../dataplane/protocol/async-retry.ts";
import { amountMs, durationMs, type TimeSpan } from "../../dataplane/protocol/duration.ts";
import { type TimeUnit, UNIT_MS } from "../../dataplane/protocol/time-unit.ts";
import { describeValue } from "../common/describe-value.ts";
import { DataStream, type SingleOutputStreamOperator } from "./data-stream.ts";
import {
  type AsyncAnswer,
  type AsyncFunction,
  checkFunction,
  checkObject,
  invalidFunction,
  type RecordValue,
  type ResultFuture,
} from "./functions.ts";

const DEFAULT_CAPACITY = 100;

type AsyncLambda<T, R> = (value: T, resultFuture: ResultFuture<R>) => AsyncAnswer<R>;
type AnyAsyncFunction<T, R> = AsyncLambda<T, R> | AsyncFunction<T, R>;

/**
 * Requests to other systems: up to `capacity` (100) of them are under way in each subtask, and when
 * there are as many, no more input is taken. Watermarks keep their place among the results, and
 * results have the timestamps of their records.
 *
 * The function answers an iterable of results: `async (value) => [result]`, none or several of them
 * too. One with a second parameter completes the ResultFuture it is given instead, and so does the
 * object form, AsyncFunction. What it throws or rejects with fails the job, or is retried.
 *
 * A request that has no answer within `timeout` (0 = wait for ever) fails the job with
 * MR_ASYNC_TIMEOUT, unless the function object has a timeout() that answers instead. All methods
 * throw MR_FUNCTION_INVALID when they are not given what they need.
 *
 * ```ts
 * const enriched = AsyncDataStream.unorderedWait(
 *   ids,
 *   async (id) => [await (await fetch(`http://users/${id}`)).text()],
 *   "5 s",
 *   1000,
 * );
 * ```
 * @public
 */
export class AsyncDataStream {
  private constructor() {}

  /** Results come in the order of the records. */
  static orderedWait<T, R extends RecordValue>(
    stream: DataStream<T>,
    fn: AnyAsyncFunction<T, R>,
    timeout: TimeSpan,
    capacity?: number,
  ): SingleOutputStreamOperator<R>;
  static orderedWait<T, R extends RecordValue>(
    stream: DataStream<T>,
    fn: AnyAsyncFunction<T, R>,
    timeout: number,
    unit: TimeUnit,
    capacity?: number,
  ): SingleOutputStreamOperator<R>;
  static orderedWait<T, R>(
    stream: DataStream<T>,
    fn: unknown,
    ...settings: readonly unknown[]
  ): SingleOutputStreamOperator<R> {
    return addOperator(stream, fn, { operation: "orderedWait()", ordered: true }, settings);
  }

  /** Results come as they are there; none passes a watermark. */
  static unorderedWait<T, R extends RecordValue>(
    stream: DataStream<T>,
    fn: AnyAsyncFunction<T, R>,
    timeout: TimeSpan,
    capacity?: number,
  ): SingleOutputStreamOperator<R>;
  static unorderedWait<T, R extends RecordValue>(
    stream: DataStream<T>,
    fn: AnyAsyncFunction<T, R>,
    timeout: number,
    unit: TimeUnit,
    capacity?: number,
  ): SingleOutputStreamOperator<R>;
  static unorderedWait<T, R>(
    stream: DataStream<T>,
    fn: unknown,
    ...settings: readonly unknown[]
  ): SingleOutputStreamOperator<R> {
    return addOperator(stream, fn, { operation: "unorderedWait()", ordered: false }, settings);
  }

  /**
   * As orderedWait(), with further attempts at requests. The timeout counts from the first one, and
   * what timeout() answers is not retried. At the end of input those that wait are made at once, and
   * are the last.
   */
  static orderedWaitWithRetry<T, R extends RecordValue>(
    stream: DataStream<T>,
    fn: AnyAsyncFunction<T, R>,
    timeout: TimeSpan,
    ...rest: RetrySettings<R>
  ): SingleOutputStreamOperator<R>;
  static orderedWaitWithRetry<T, R extends RecordValue>(
    stream: DataStream<T>,
    fn: AnyAsyncFunction<T, R>,
    timeout: number,
    unit: TimeUnit,
    ...rest: RetrySettings<R>
  ): SingleOutputStreamOperator<R>;
  static orderedWaitWithRetry<T, R>(
    stream: DataStream<T>,
    fn: unknown,
    ...settings: readonly unknown[]
  ): SingleOutputStreamOperator<R> {
    const method = { operation: "orderedWaitWithRetry()", ordered: true };
    return addOperator(stream, fn, method, settings.slice(0, -1), settings.slice(-1));
  }

  /** As unorderedWait(), with further attempts as in orderedWaitWithRetry(). */
  static unorderedWaitWithRetry<T, R extends RecordValue>(
    stream: DataStream<T>,
    fn: AnyAsyncFunction<T, R>,
    timeout: TimeSpan,
    ...rest: RetrySettings<R>
  ): SingleOutputStreamOperator<R>;
  static unorderedWaitWithRetry<T, R extends RecordValue>(
    stream: DataStream<T>,
    fn: AnyAsyncFunction<T, R>,
    timeout: number,
    unit: TimeUnit,
    ...rest: RetrySettings<R>
  ): SingleOutputStreamOperator<R>;
  static unorderedWaitWithRetry<T, R>(
    stream: DataStream<T>,
    fn: unknown,
    ...settings: readonly unknown[]
  ): SingleOutputStreamOperator<R> {
    const method = { operation: "unorderedWaitWithRetry()", ordered: false };
    return addOperator(stream, fn, method, settings.slice(0, -1), settings.slice(-1));
  }
}

type RetrySettings<R> =
  | [retryStrategy: AsyncRetryStrategy<R>]
  | [capacity: number, retryStrategy: AsyncRetryStrategy<R>];

interface Method {
  readonly operation: string;
  readonly ordered: boolean;
}

/**
 * @param settings timeout, unit where there is one, capacity where it is said
 * @param strategies the retry strategy; empty = no retries
 */
function addOperator<T, R>(
  stream: DataStream<T>,
  fn: unknown,
  { operation, ordered }: Method,
  settings: readonly unknown[],
  strategies: readonly unknown[] = [],
): SingleOutputStreamOperator<R> {
  if (!(stream instanceof DataStream)) {
    throw invalidFunction(operation, "a stream", describeValue(stream));
  }
  checkFunction(fn, { operation, method: "asyncInvoke", allowAsync: true });
  const [timeout, second] = settings;
  const hasUnit = isTimeUnit(second);
  const timeoutMs = hasUnit ? amountMs(timeout, second, operation) : durationMs(timeout, operation);
  const capacity = settings[hasUnit ? 2 : 1] ?? DEFAULT_CAPACITY;
  if (typeof capacity !== "number" || !Number.isInteger(capacity) || capacity < 1) {
    throw invalidFunction(operation, "a capacity from 1", describeValue(capacity));
  }
  const hasRetry = strategies.length > 0;
  if (timeoutMs < 0 || (hasRetry && timeoutMs === 0)) {
    const expected = hasRetry ? "a timeout of at least 1 ms" : "a timeout of at least 0 ms";
    throw invalidFunction(operation, expected, describeValue(timeout));
  }
  const retry = hasRetry ? retryStrategy(strategies[0], operation) : null;
  const kind = { kind: "async", fn, ordered, timeoutMs, capacity, retry } as const;
  // Alone at the head of its task: a full queue stops the whole chain, which Flink's operators go on
  // with meanwhile, and timers of others in it would wait.
  return stream.transform<R>(kind, operation).startNewChain();
}

function isTimeUnit(value: unknown): value is TimeUnit {
  return typeof value === "string" && Object.hasOwn(UNIT_MS, value);
}

function retryStrategy(strategy: unknown, operation: string): AsyncRetryStrategy<unknown> {
  const methods = ["canRetry", "getBackoffTimeMillis", "getRetryPredicate"];
  return checkObject(
    strategy as AsyncRetryStrategy<unknown>,
    operation,
    "an AsyncRetryStrategy",
    methods,
  );
}
