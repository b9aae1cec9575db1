import assert from "node:assert/strict";
import { test } from "node:test";

import { DiscardingSink } from "../../../../dataplane/connectors/discard-sink.ts";
import { FunctionSink, type SinkFunction } from "../../../../dataplane/connectors/function-sink.ts";
import type { RuntimeContext } from "../../../../dataplane/connectors/runtime-context.ts";
import type { SinkWriter } from "../../../../dataplane/connectors/sink.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { writerContext } from "./writer-harness.ts";

function writerOf<T>(sinkFunction: SinkFunction<T>): Promise<SinkWriter<T>> {
  return new FunctionSink(sinkFunction).createWriter(writerContext({ runtimeContext }));
}

const runtimeContext = { getTaskName: () => "task" } as RuntimeContext;

test("invoke() gets every record with its timestamp", async () => {
  const seen: unknown[] = [];
  const writer = await writerOf<string>({
    invoke: (value, context) => void seen.push([value, context.timestamp()]),
  });
  writer.write("a", 5);
  writer.write("b", null);
  assert.deepEqual(seen, [
    ["a", 5],
    ["b", null],
  ]);
});

test("an async invoke() is waited for", async () => {
  let settle = (): void => {};
  const writer = await writerOf<string>({
    invoke: () =>
      new Promise<void>((resolve) => {
        settle = resolve;
      }),
  });
  let isWritten = false;
  const written = Promise.resolve(writer.write("a", null)).then(() => {
    isWritten = true;
  });
  await null;
  assert.equal(isWritten, false);
  settle();
  await written;
});

test("open() comes first, finish() at the end of input only, close() always", async () => {
  const calls: string[] = [];
  const writer = await writerOf<string>({
    open: (context) => void calls.push(`open in ${context.getTaskName()}`),
    invoke: () => {},
    finish: () => void calls.push("finish"),
    close: () => void calls.push("close"),
  });
  await writer.flush(false);
  assert.deepEqual(calls, ["open in task"]);
  await writer.flush(true);
  await writer.close();
  assert.deepEqual(calls, ["open in task", "finish", "close"]);
});

test("what invoke() throws or rejects with is MR_FUNCTION_THREW with the record", async () => {
  const cause = new RangeError("no room");
  const isThrew = (error: unknown): boolean => {
    assert.ok(error instanceof EngineError && error.code === "MR_FUNCTION_THREW");
    assert.deepEqual([error.cause, error.details.record], [cause, "[ 'a', 1n ]"]);
    return true;
  };
  const throwing = await writerOf<unknown>({
    invoke: () => {
      throw cause;
    },
  });
  assert.throws(() => throwing.write(["a", 1n], null), isThrew);
  const rejecting = await writerOf<unknown>({ invoke: () => Promise.reject(cause) });
  await assert.rejects(async () => rejecting.write(["a", 1n], null), isThrew);
});

test("an error outside of invoke() names where", async () => {
  const fail = (): never => {
    throw new Error("no");
  };
  const places = async (work: Promise<unknown>): Promise<unknown> => {
    const error = await work.then(
      () => null,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof EngineError && error.code === "MR_FUNCTION_THREW");
    return error.details.record;
  };
  assert.equal(await places(writerOf({ open: fail, invoke: () => {} })), "open()");
  const writer = await writerOf({ invoke: () => {}, finish: fail, close: fail });
  assert.equal(await places(Promise.resolve(writer.flush(true))), "finish()");
  assert.equal(await places(Promise.resolve(writer.close())), "close()");
});

test("the discarding sink takes everything", async () => {
  const writer = new DiscardingSink<string>().createWriter();
  writer.write("a", null);
  await writer.flush(true);
  await writer.close();
});
