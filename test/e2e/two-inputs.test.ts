/** Operators with two inputs by the public API, in-process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Collector,
  EngineError,
  type EngineOptions,
  StreamExecutionEnvironment,
} from "../../control/index.ts";

function environment(options: EngineOptions = {}): StreamExecutionEnvironment {
  return StreamExecutionEnvironment.getExecutionEnvironment({
    execution: "in-process",
    parallelism: 1,
    ...options,
  });
}

async function collected(rows: AsyncIterable<unknown>): Promise<string[]> {
  const texts: string[] = [];
  for await (const row of rows) texts.push(JSON.stringify(row));
  return texts.sort();
}

test("connect().map() has a function per input, as two functions or one object", async () => {
  const expected = ['"n 1"', '"n 2"', '"w a"'];
  for (const engine of ["auto", "js"] as const) {
    const env = environment({ engine });
    const connected = env.fromElements(1, 2).connect(env.fromElements("a"));
    const byLambdas = connected.map(
      (n) => `n ${n + 0}`,
      (word) => `w ${word.trim()}`,
    );
    assert.deepEqual(await collected(byLambdas.executeAndCollect()), expected);
  }
  const env = environment();
  const calls: string[] = [];
  const byObject = env
    .fromElements(1, 2)
    .connect(env.fromElements("a"))
    .map({
      open: () => void calls.push("open"),
      close: () => void calls.push("close"),
      map1: (n) => `n ${n}`,
      map2: (word) => `w ${word}`,
    });
  assert.deepEqual(await collected(byObject.executeAndCollect()), expected);
  assert.deepEqual(calls, ["open", "close"]);
});

test("connect().flatMap() takes iterables, generators and collectors; unions feed either side", async () => {
  const env = environment({ parallelism: 2 });
  const numbers = env.fromElements(1).union(env.fromElements(2), env.fromElements(3));
  const words = env.fromElements("a b").union(env.fromElements("c"));
  const both = numbers.connect(words).flatMap<string>({
    *flatMap1(n) {
      for (let i = 0; i < n; ++i) yield `${n}.${i}`;
    },
    flatMap2(line, out: Collector<string>) {
      for (const word of line.split(" ")) out.collect(word);
    },
  });
  const rows = await collected(both.map((text) => text).executeAndCollect());
  assert.deepEqual(
    rows.map((row) => JSON.parse(row)),
    ["1.0", "2.0", "2.1", "3.0", "3.1", "3.2", "a", "b", "c"],
  );
});

test("a stream is connected with itself, and records of one batch may become very many", async () => {
  const env = environment();
  const numbers = env.fromSequence(1, 40);
  const many = numbers.connect(numbers).flatMap(
    (n) => Array.from({ length: 1000 }, () => n),
    (n) => [-n],
  );
  let sum = 0;
  let count = 0;
  for await (const n of many.executeAndCollect()) {
    sum += n;
    count += 1;
  }
  assert.equal(count, 40 * 1001);
  assert.equal(sum, 820 * 999);
});

test("what a function of two inputs must not do fails the job with a reason", async () => {
  const failsWith = async (code: string, map1: (n: number) => unknown): Promise<void> => {
    const env = environment();
    const rows = env
      .fromElements(1)
      .connect(env.fromElements("a"))
      .map(map1 as (n: number) => number, () => 0)
      .executeAndCollect();
    await assert.rejects(collected(rows), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, code, error.message);
      return true;
    });
  };
  await failsWith("MR_RECORD_NULL", () => undefined);
  await failsWith("MR_FUNCTION_THREW", () => {
    throw new Error("no");
  });
  await failsWith("MR_FUNCTION_ASYNC", () => Promise.resolve(1));
});

test("a program that connects what cannot be connected is refused", () => {
  const env = environment();
  const numbers = env.fromElements(1);
  const refused = (action: () => unknown, code: string): void => {
    assert.throws(action, (error) => error instanceof EngineError && error.code === code);
  };
  refused(() => numbers.connect({} as typeof numbers), "MR_FUNCTION_INVALID");
  refused(
    () => numbers.connect(environment().fromElements(1)).map(String, String),
    "MR_GRAPH_INVALID",
  );
  refused(() => numbers.connect(numbers).map({ map1: String } as never), "MR_FUNCTION_INVALID");
  refused(
    () => numbers.connect(numbers).map(String, (async () => "") as never),
    "MR_FUNCTION_INVALID",
  );
});
