import assert from "node:assert/strict";
import { test } from "node:test";
import type { AsyncRetrySpec, OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { ChainOperator } from "../../../../conformance/chain-operator.ts";
import type { StreamElement } from "../../../../conformance/operator.ts";
import { batchType, NUMBER } from "./harness.ts";

interface ResultFuture {
  complete(results: Iterable<unknown>): void;
  completeExceptionally(error: unknown): void;
}

interface Options {
  readonly retry?: AsyncRetrySpec;
  readonly capacity?: number;
  /** Others than "fn". */
  readonly roles?: Readonly<Record<string, unknown>>;
}

async function open(fn: unknown, options: Options = {}): Promise<ChainOperator> {
  const { retry = null, capacity = 100, roles = {} } = options;
  const spec: OperatorSpec = {
    id: "lookup",
    name: "lookup",
    kind: "async",
    input: null,
    inputType: batchType(NUMBER),
    outputType: null,
    engine: "js",
    ordered: true,
    timeoutMs: 1000,
    capacity,
    retry,
  };
  const plan = { spec, subtaskIndex: 1, parallelism: 4, maxParallelism: 128 };
  const operator = new ChainOperator(plan, (role) => (role === "fn" ? fn : roles[role]));
  await operator.open();
  return operator;
}

const result = (value: unknown, of: number): StreamElement => ({
  kind: "record",
  value,
  timestamp: BigInt(of * 10),
});
const record = (value: number): StreamElement => result(value, value);

async function errorOf(action: () => Promise<unknown>): Promise<EngineError> {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

/** What comes out for a record, once all promises had their turn. */
async function outputFor(operator: ChainOperator, value: number): Promise<StreamElement[]> {
  const elements = await operator.process(record(value));
  await new Promise((resolve) => setImmediate(resolve));
  elements.push(...(await operator.run()));
  return elements;
}

const forms: readonly (readonly [string, unknown])[] = [
  ["an async function", async (n: number) => [`${n}`, n]],
  ["a function of an iterable", (n: number) => new Set([`${n}`, n])],
  ["a function of a future", (n: number, { complete }: ResultFuture) => complete([`${n}`, n])],
  [
    "an object",
    {
      prefix: "",
      async asyncInvoke(this: { readonly prefix: string }, n: number, future: ResultFuture) {
        await null;
        future.complete([`${this.prefix}${n}`, n]);
      },
    },
  ],
];

for (const [name, fn] of forms) {
  test(`${name} answers any number of results, of any types`, async () => {
    const operator = await open(fn);
    assert.deepEqual(await outputFor(operator, 7), [result("7", 7), result(7, 7)]);
    await operator.close();
  });
}

test("a second answer to a request is ignored, whatever it is", async () => {
  let future: ResultFuture | null = null;
  const operator = await open((_: number, given: ResultFuture) => {
    future ??= given;
  });
  await operator.process(record(1));
  await operator.process(record(2));
  const first = future as ResultFuture | null;
  first?.complete(["a"]);
  first?.complete(["b"]);
  first?.completeExceptionally(new Error("c"));
  assert.deepEqual(await operator.run(), [result("a", 1)]);
  first?.complete(["d"]);
  assert.deepEqual(await operator.run(), []);
  await operator.close();
});

test("an answer after the operator was closed is ignored", async () => {
  const futures: ResultFuture[] = [];
  const operator = await open((_: number, future: ResultFuture) => void futures.push(future));
  await operator.process(record(1));
  await operator.close();
  for (const future of futures) future.complete(["a"]);
});

test("what a function throws or rejects with fails the job with operator, record and position", async () => {
  const failing = [
    () => {
      throw new Error("no luck");
    },
    async () => {
      throw new Error("no luck");
    },
    (_: number, future: ResultFuture) => future.completeExceptionally(new Error("no luck")),
    { asyncInvoke: () => Promise.reject(new Error("no luck")) },
  ];
  for (const fn of failing) {
    const operator = await open(fn);
    const error = await errorOf(() => outputFor(operator, 3));
    assert.equal(error.code, "MR_FUNCTION_THREW");
    assert.match(error.message, /lookup.*subtask 1.*async-segment\.test\.[jt]s.* on 3: no luck/);
    await operator.close();
  }
});

test("answers that are no results are refused", async () => {
  for (const answer of [undefined, null, "text", 7, {}]) {
    const operator = await open(async () => answer);
    const error = await errorOf(() => outputFor(operator, 1));
    assert.equal(error.code, "MR_FUNCTION_INVALID");
    assert.match(error.message, /an array of results/);
    await operator.close();
  }
  const operator = await open(async () => ["a", null]);
  assert.equal((await errorOf(() => outputFor(operator, 1))).code, "MR_RECORD_NULL");
  await operator.close();
});

test("a watermark does not pass a record that waits for a wider type", async () => {
  const futures: ResultFuture[] = [];
  const operator = await open((_: number, future: ResultFuture) => void futures.push(future));
  await operator.process(record(1));
  await operator.process({ kind: "watermark", timestamp: 5n });
  futures[0]?.complete([1, "text"]);
  assert.deepEqual(await operator.run(), [
    result(1, 1),
    result("text", 1),
    { kind: "watermark", timestamp: 5n },
  ]);
  await operator.close();
});

test("what timeout() throws fails the job", async () => {
  const operator = await open({
    asyncInvoke: () => {},
    timeout: () => {
      throw new Error("too late");
    },
  });
  await operator.process(record(1));
  const error = await errorOf(() => operator.advanceClock(1000n));
  assert.match(error.message, /on 1: too late/);
  await operator.close();
});

test("a request that has timed out may still be answered when timeout() did not", async () => {
  const futures: ResultFuture[] = [];
  const operator = await open({
    asyncInvoke: (_: number, future: ResultFuture) => void futures.push(future),
    timeout: () => {},
  });
  await operator.process(record(1));
  assert.deepEqual(await operator.advanceClock(1000n), []);
  futures[0]?.complete(["late"]);
  assert.deepEqual(await operator.run(), [result("late", 1)]);
  await operator.close();
});

test("delays of a backoff grow up to their limit, for each request anew", async () => {
  const attempts: number[] = [];
  const retry: AsyncRetrySpec = {
    kind: "backoff",
    maxAttempts: 4,
    initialDelayMs: 10,
    maxDelayMs: 50,
    multiplier: 2.5,
  };
  const operator: ChainOperator = await open(
    (n: number, future: ResultFuture) => {
      attempts.push(operator.clock.now());
      if (attempts.length % 5 === 0) future.complete([n]);
      else future.completeExceptionally(new Error("busy"));
    },
    { retry, roles: { "retry-exception": () => true } },
  );
  for (const from of [0, 500]) {
    await operator.advanceClock(BigInt(from));
    await operator.process(record(1));
    for (let ms = from; ms < from + 200; ms++) await operator.advanceClock(BigInt(ms));
    assert.deepEqual(
      attempts.splice(0).map((at) => at - from),
      [0, 10, 35, 85, 135],
    );
  }
  await operator.close();
});

test("a strategy of the user's own decides on attempts, and fails the job with what it throws", async () => {
  const strategy = {
    canRetry: (attempts: number) => attempts < 3,
    getBackoffTimeMillis: (attempts: number) => attempts * 100,
    getRetryPredicate: () => ({
      resultPredicate: (results: readonly unknown[]) => {
        if (results.length > 1) throw new Error("what is that");
        return results.length === 0;
      },
    }),
  };
  const futures: ResultFuture[] = [];
  const operator = await open((_: number, future: ResultFuture) => void futures.push(future), {
    retry: { kind: "custom" },
    roles: { retry: strategy },
  });
  await operator.process(record(1));
  futures.pop()?.complete([]);
  await operator.advanceClock(99n);
  assert.equal(futures.length, 0);
  await operator.advanceClock(100n);
  futures.pop()?.complete([]);
  await operator.advanceClock(300n);
  futures.pop()?.complete(["a"]);
  assert.deepEqual(await operator.run(), [result("a", 1)]);
  await operator.process(record(2));
  futures.pop()?.complete(["a", "b"]);
  assert.match((await errorOf(() => operator.run())).message, /what is that/);
  await operator.close();
});
