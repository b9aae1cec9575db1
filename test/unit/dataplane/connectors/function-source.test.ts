import assert from "node:assert/strict";
import { test } from "node:test";

import {
  FunctionSource,
  type SourceContext,
  type SourceFunction,
} from "../../../../dataplane/connectors/function-source.ts";
import type { SourceReader } from "../../../../dataplane/connectors/source.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { ObjectOutput, readerContext } from "./reader-harness.ts";

function readerOf<T>(sourceFunction: SourceFunction<T>): SourceReader<T, never> {
  return new FunctionSource(sourceFunction).createReader(readerContext());
}

function sourceFunction<T>(
  run: (context: SourceContext<T>) => void | Promise<void>,
  cancel = (): void => {},
): SourceFunction<T> {
  return { run, cancel };
}

async function readAll<T>(reader: SourceReader<T, never>, output: ObjectOutput<T>): Promise<void> {
  for (;;) {
    const result = reader.pollNext(output);
    if (result === "end") return;
    if (result === "more") output.ship();
    else await reader.isAvailable();
  }
}

test("what run() collects comes out in order, with timestamps where it gave them", async () => {
  const reader = readerOf<string>(
    sourceFunction(async (context) => {
      context.collect("a");
      await null;
      context.collectWithTimestamp("b", 5);
      context.collect("c");
    }),
  );
  reader.start();
  const output = new ObjectOutput<string>(2);
  await readAll(reader, output);
  assert.deepEqual(output.all, ["a", "b", "c"]);
  assert.deepEqual(output.timestamps, [undefined, 5, undefined]);
});

test("a run() that is not async gives all its records", async () => {
  const reader = readerOf<number>(
    sourceFunction((context) => {
      for (let index = 0; index < 10_000; ++index) context.collect(index);
    }),
  );
  reader.start();
  const output = new ObjectOutput<number>(1000);
  await readAll(reader, output);
  assert.deepEqual(
    output.all,
    Array.from({ length: 10_000 }, (_, index) => index),
  );
});

test("collect() makes run() wait when nobody reads", async () => {
  let collected = 0;
  const reader = readerOf<number>(
    sourceFunction(async (context) => {
      for (; collected < 20_000; ++collected) await context.collect(collected);
    }),
  );
  reader.start();
  while (reader.pollNext(new ObjectOutput(0)) === "nothing") await reader.isAvailable();
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const waitingAt = collected;
  assert.ok(waitingAt < 5000, `stopped at ${waitingAt}`);
  const output = new ObjectOutput<number>(512);
  await readAll(reader, output);
  assert.equal(output.all.length, 20_000);
});

test("a loop that never waits is stopped with an error that says what to do", async () => {
  const reader = readerOf<number>(
    sourceFunction((context) => {
      for (let index = 0; ; ++index) context.collect(index);
    }),
  );
  reader.start();
  const output = new ObjectOutput<number>(Number.POSITIVE_INFINITY);
  await assert.rejects(readAll(reader, output), (error) => {
    assert.ok(error instanceof EngineError && error.code === "MR_FUNCTION_INVALID");
    assert.match(error.message, /awaits what collect\(\) returns/);
    return true;
  });
});

test("a record collected after run() has returned is refused, not lost", async () => {
  let late: SourceContext<number> | undefined;
  const reader = readerOf<number>(
    sourceFunction((context) => {
      late = context;
    }),
  );
  reader.start();
  await readAll(reader, new ObjectOutput(8));
  assert.throws(
    () => late?.collect(1),
    (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
  );
  await reader.close();
  assert.equal(late?.collect(1), undefined, "a canceled job takes nothing any more");
});

test("an error of run() comes after the records before it", async () => {
  const cause = new RangeError("broken");
  const reader = readerOf<number>(
    sourceFunction(async (context) => {
      context.collect(1);
      throw cause;
    }),
  );
  reader.start();
  const output = new ObjectOutput<number>(8);
  await assert.rejects(readAll(reader, output), (error) => {
    assert.ok(error instanceof EngineError && error.code === "MR_FUNCTION_THREW");
    assert.equal(error.cause, cause);
    return true;
  });
  assert.deepEqual(output.all, [1]);
});

test("close() cancels a run() that goes on, and lets it leave its collect()", async () => {
  let isRunning = true;
  let left = (): void => {};
  const hasLeft = new Promise<void>((resolve) => {
    left = resolve;
  });
  const reader = readerOf<number>(
    sourceFunction(
      async (context) => {
        while (isRunning) await context.collect(1);
        left();
      },
      () => {
        isRunning = false;
      },
    ),
  );
  reader.start();
  await reader.close();
  await hasLeft;
});

test("a run() that has returned is not canceled", async () => {
  let cancels = 0;
  const reader = readerOf<number>(
    sourceFunction(
      () => {},
      () => void ++cancels,
    ),
  );
  reader.start();
  await readAll(reader, new ObjectOutput(8));
  await reader.close();
  assert.equal(cancels, 0);
});

test("it runs in one subtask and is unbounded, as addSource() is", () => {
  const source = new FunctionSource(
    sourceFunction(() => {}),
    { kind: "LONG" },
  );
  assert.equal(source.maxSourceParallelism, 1);
  assert.equal(source.boundedness, "CONTINUOUS_UNBOUNDED");
  assert.deepEqual(source.producedType, { kind: "LONG" });
});
