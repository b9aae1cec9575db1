/** User functions: as lambdas or as objects with Flink's method names, and the checks on both. */
import type { Collector, Emitted } from "../../dataplane/functions/collector.ts";
import type { RuntimeContext } from "../../dataplane/functions/runtime-context.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { describeValue } from "../common/describe-value.ts";

/**
 * What a record may be: anything but null and undefined. The tuple makes TypeScript infer
 * `[string, number]`, not `(string | number)[]`, for a lambda that returns `[word, 1]`.
 */
export type RecordValue = NonNullable<unknown> | [unknown];

/** Life cycle of function objects: open() before the first record, close() after the last. @public */
export interface RichFunction {
  open?(context: RuntimeContext): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** One record out for each record in. @public */
export interface MapFunction<T, R> extends RichFunction {
  map(value: T): R;
}

/** Any number of records out for each record in. @public */
export interface FlatMapFunction<T, R> extends RichFunction {
  flatMap(value: T, out: Collector<R>): Emitted<R>;
}

/** Keeps the records it answers true for. @public */
export interface FilterFunction<T> extends RichFunction {
  filter(value: T): boolean;
}

/** Folds a record into what came before it, of the same key. @public */
export interface ReduceFunction<T> extends RichFunction {
  reduce(accumulated: T, value: T): T;
}

/** Finds the key of a record; the same record must give the same key. @public */
export interface KeySelector<T, K> {
  getKey(value: T): K;
}

/** Index of the subtask a key goes to, from 0 to numPartitions - 1. @public */
export interface Partitioner<K> {
  partition(key: K, numPartitions: number): number;
}

/** Takes the answer to one request; the first one counts. @public */
export interface ResultFuture<R> {
  /** The results, any number of them. */
  complete(results: Iterable<R>): void;
  /** The request has failed: so does the job, unless it is retried. */
  completeExceptionally(error: unknown): void;
}

/** What async functions may answer: the results, or nothing where they complete the future. */
export type AsyncAnswer<R> = Promise<Emitted<R>> | Emitted<R>;

/** Makes a request for a record. @public */
export interface AsyncFunction<T, R> extends RichFunction {
  asyncInvoke(value: T, resultFuture: ResultFuture<R>): void | Promise<void>;
  /** Called instead of failing the job when there is no answer in time; it should complete the future. */
  timeout?(value: T, resultFuture: ResultFuture<R>): void | Promise<void>;
}

const SYNCHRONOUS = "a synchronous function (AsyncDataStream takes asynchronous ones)";
/** Kinds of functions that most operations refuse, and what they expect. */
const EXPECTED_INSTEAD: ReadonlyMap<string, string> = new Map([
  ["AsyncFunction", SYNCHRONOUS],
  ["AsyncGeneratorFunction", SYNCHRONOUS],
  ["GeneratorFunction", "a function that is no generator"],
]);

export interface FunctionExpectation {
  /** The call, for messages: "map()". */
  readonly operation: string;
  /** Method of the object form. */
  readonly method: string;
  readonly allowGenerator?: true;
  readonly allowAsync?: true;
}

/** `fn` if it is a function or an object with the method; else MR_FUNCTION_INVALID. */
export function checkFunction(fn: unknown, expectation: FunctionExpectation): unknown {
  const { operation, method } = expectation;
  const called =
    typeof fn === "function" ? fn : (fn as Record<string, unknown> | null | undefined)?.[method];
  if (typeof called !== "function" || isClass(called)) {
    throw invalidFunction(
      operation,
      `a function, or an object with ${method}()`,
      describeValue(fn),
    );
  }
  const kind = Object.prototype.toString.call(called).slice("[object ".length, -1);
  const refused = EXPECTED_INSTEAD.get(kind) ?? null;
  const isAllowed =
    (kind === "GeneratorFunction" && expectation.allowGenerator === true) ||
    (kind === "AsyncFunction" && expectation.allowAsync === true);
  if (refused !== null && !isAllowed) {
    throw invalidFunction(operation, refused, describeValue(called));
  }
  return fn;
}

/** A function object that is opened, so that it may have state. */
export function isRich(fn: unknown): fn is object {
  return typeof fn === "object" && fn !== null && "open" in fn && typeof fn.open === "function";
}

/** A function object with state of its own, or one that is told of checkpoints. */
export function isCheckpointAware(fn: unknown): fn is object {
  if (typeof fn !== "object" || fn === null) return false;
  return CHECKPOINT_METHODS.some((method) => method in fn);
}

const CHECKPOINT_METHODS = [
  "initializeState",
  "snapshotState",
  "notifyCheckpointComplete",
  "notifyCheckpointAborted",
] as const;

/** `fn` if it is an object with these methods, all of them fit to be called; else MR_FUNCTION_INVALID. */
export function checkFunctionObject(
  fn: unknown,
  operation: string,
  methods: readonly string[],
  allowGenerator?: true,
): unknown {
  checkObject(fn, operation, "an object", methods);
  const allowed = allowGenerator === true ? { allowGenerator } : {};
  for (const method of methods) {
    const called = (fn as Readonly<Record<string, unknown>>)[method];
    checkFunction(called, { operation: `${method}() of ${operation}`, method, ...allowed });
  }
  return fn;
}

/** `value` if it is an object with all the methods; else MR_FUNCTION_INVALID. */
export function checkObject<T>(
  value: T,
  operation: string,
  expected: string,
  methods: readonly string[],
): T {
  const object = value as Record<string, unknown> | null | undefined;
  if (methods.every((method) => typeof object?.[method] === "function")) return value;
  throw invalidFunction(
    operation,
    `${expected}, with ${methods.join("() and ")}()`,
    describeValue(value),
  );
}

/** `value` if it is a string that is not empty; else MR_FUNCTION_INVALID. */
export function checkText(value: unknown, operation: string, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidFunction(operation, what, describeValue(value));
}

export function invalidFunction(operation: string, expected: string, actual: string): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual });
}

function isClass(fn: object): boolean {
  return describeValue(fn) === "a class";
}
