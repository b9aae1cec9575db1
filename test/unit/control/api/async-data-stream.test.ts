import assert from "node:assert/strict";
import { test } from "node:test";
import { AsyncDataStream } from "../../../../control/api/async-data-stream.ts";
import {
  AsyncRetryStrategies,
  RetryPredicates,
} from "../../../../control/api/async-retry-strategies.ts";
import { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import type { JobOperator } from "../../../../control/plan/job-graph.ts";
import { Duration } from "../../../../dataplane/protocol/duration.ts";
import { TimeUnit } from "../../../../dataplane/protocol/time-unit.ts";
import { planOf } from "../fake-cluster.ts";
import { throwsCode } from "../throws-code.ts";

type Wrong = never;
type AsyncOperator = Extract<JobOperator, { kind: "async" }>;

const lookup = async (n: number) => [n];
const fixed = new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder<number>(3, "100 ms").build();

async function asyncOperators(
  define: (env: StreamExecutionEnvironment) => void,
): Promise<AsyncOperator[]> {
  const { graph } = await planOf(define);
  const operators = graph.vertices.flatMap((vertex) => vertex.operators);
  return operators.filter((operator) => operator.kind === "async");
}

test("timeouts are ms, text, a Duration or a number and a unit; the capacity is 100 unless said", async () => {
  const operators = await asyncOperators((env) => {
    const stream = env.fromSequence(1, 9);
    AsyncDataStream.orderedWait(stream, lookup, 1500).print();
    AsyncDataStream.unorderedWait(stream, lookup, "2 min", 7).print();
    AsyncDataStream.orderedWait(stream, lookup, Duration.ofSeconds(3), 8).print();
    AsyncDataStream.unorderedWait(stream, lookup, 4, TimeUnit.SECONDS).print();
    AsyncDataStream.orderedWait(stream, lookup, 5, TimeUnit.HOURS, 9).print();
    AsyncDataStream.orderedWaitWithRetry(stream, lookup, 6, fixed).print();
    AsyncDataStream.unorderedWaitWithRetry(stream, lookup, 7, 10, fixed).print();
    AsyncDataStream.orderedWaitWithRetry(stream, lookup, 8, TimeUnit.SECONDS, fixed).print();
    AsyncDataStream.orderedWaitWithRetry(stream, lookup, 9, TimeUnit.SECONDS, 11, fixed).print();
  });
  assert.deepEqual(
    operators.map(({ ordered, timeoutMs, capacity, retry }) => [
      ordered,
      timeoutMs,
      capacity,
      retry !== null,
    ]),
    [
      [true, 1500, 100, false],
      [false, 120_000, 7, false],
      [true, 3000, 8, false],
      [false, 4000, 100, false],
      [true, 18_000_000, 9, false],
      [true, 6, 100, true],
      [false, 7, 10, true],
      [true, 8000, 100, true],
      [true, 9000, 11, true],
    ],
  );
});

test("strategies of the builders are plain data in the plan, with their predicates as functions", async () => {
  const busy = (error: unknown) => String(error) === "busy";
  const backoff = new AsyncRetryStrategies.ExponentialBackoffDelayRetryStrategyBuilder<number>(
    5,
    "1 s",
    Duration.ofMinutes(1),
    1.5,
  )
    .ifResult(RetryPredicates.EMPTY_RESULT_PREDICATE)
    .ifException(busy)
    .build();
  const custom = {
    canRetry: () => false,
    getBackoffTimeMillis: () => 1,
    getRetryPredicate: () => ({}),
  };
  const { graph, functions } = await planOf((env) => {
    const stream = env.fromSequence(1, 9);
    AsyncDataStream.orderedWaitWithRetry(stream, lookup, 10, backoff).print();
    AsyncDataStream.orderedWaitWithRetry(stream, lookup, 10, fixed).print();
    AsyncDataStream.orderedWaitWithRetry(stream, lookup, 10, custom).print();
  });
  const operators = graph.vertices.flatMap((vertex) => vertex.operators);
  const [first, second, third] = operators.filter((operator) => operator.kind === "async");
  assert.deepEqual(first?.retry, {
    kind: "backoff",
    maxAttempts: 5,
    initialDelayMs: 1000,
    maxDelayMs: 60_000,
    multiplier: 1.5,
  });
  assert.equal(functions.get(`${first?.id}/fn`), lookup);
  assert.equal(functions.get(`${first?.id}/retry-exception`), busy);
  assert.equal(functions.get(`${first?.id}/retry-result`), RetryPredicates.EMPTY_RESULT_PREDICATE);
  assert.deepEqual(second?.retry, {
    kind: "backoff",
    maxAttempts: 3,
    initialDelayMs: 100,
    maxDelayMs: 100,
    multiplier: 1,
  });
  assert.deepEqual(third?.retry, { kind: "custom" });
  assert.equal(functions.get(`${third?.id}/retry`), custom);
});

test("predicates say what is worth a retry", () => {
  const { EMPTY_RESULT_PREDICATE, HAS_EXCEPTION_PREDICATE } = RetryPredicates;
  assert.deepEqual([[], [1]].map(EMPTY_RESULT_PREDICATE), [true, false]);
  assert.deepEqual([new Error("x"), undefined].map(HAS_EXCEPTION_PREDICATE), [true, false]);
});

test("what is needed and not given is refused where it is given", () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const stream = env.fromElements(1);
  const { orderedWait, orderedWaitWithRetry } = AsyncDataStream;
  const { FixedDelayRetryStrategyBuilder, ExponentialBackoffDelayRetryStrategyBuilder } =
    AsyncRetryStrategies;
  const calls: readonly (readonly [() => unknown, RegExp])[] = [
    [
      () => orderedWait([1] as Wrong, lookup, 1),
      /orderedWait\(\): expected a stream, got an array/,
    ],
    [() => orderedWait(stream, null as Wrong, 1), /an object with asyncInvoke\(\), got null/],
    [
      () => orderedWait(stream, function* () {} as Wrong, 1),
      /a function that is no generator, got a generator function/,
    ],
    [() => orderedWait(stream, async function* () {} as Wrong, 1), /async generator function/],
    [() => orderedWait(stream, lookup, "soon"), /expected a time in whole ms/],
    [() => orderedWait(stream, lookup, 0.5, TimeUnit.MILLISECONDS), /expected a time in whole ms/],
    [() => orderedWait(stream, lookup, -1), /a timeout of at least 0 ms, got -1/],
    [() => orderedWait(stream, lookup, 1, 0), /a capacity from 1, got 0/],
    [() => orderedWait(stream, lookup, 1, "WEEKS" as Wrong), /a capacity from 1/],
    [() => orderedWaitWithRetry(stream, lookup, 0, fixed), /a timeout of at least 1 ms, got 0/],
    [
      () => orderedWaitWithRetry(stream, lookup, 1, {} as Wrong),
      /an AsyncRetryStrategy, with canRetry\(\)/,
    ],
    [() => new FixedDelayRetryStrategyBuilder(0, 1), /a maxAttempts from 1, got 0/],
    [() => new FixedDelayRetryStrategyBuilder(1, 0), /a delay of at least 1 ms, got 0/],
    [
      () => new FixedDelayRetryStrategyBuilder(1, 1).ifResult(5 as Wrong),
      /ifResult\(\): expected a predicate/,
    ],
    [
      () => new ExponentialBackoffDelayRetryStrategyBuilder(1, 1, 1, 0.5),
      /a multiplier from 1, got 0\.5/,
    ],
  ];
  for (const [call, message] of calls) {
    assert.match(throwsCode("MR_FUNCTION_INVALID", call).message, message);
  }
});

test("an async operator begins a task, and engine wasm does not mind it", async () => {
  const { graph } = await planOf(
    (env) => {
      AsyncDataStream.orderedWait(env.fromSequence(1, 9), lookup, 1).print();
    },
    { engine: "wasm" },
  );
  assert.deepEqual(
    graph.vertices.map(({ name }) => name),
    ["Source: Sequence Source", "async wait operator -> Sink: Print to Std. Out"],
  );
});
