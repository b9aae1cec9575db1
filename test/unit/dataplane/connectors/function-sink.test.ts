import assert from "node:assert/strict";
import { test } from "node:test";

import { DiscardingSink } from "../../../../dataplane/connectors/discard-sink.ts";
import { FunctionSink, type SinkFunction } from "../../../../dataplane/connectors/function-sink.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { writerContext } from "./writer-harness.ts";

function writerOf<T>(sinkFunction: SinkFunction<T>) {
  return new FunctionSink(sinkFunction).createWriter(writerContext());
}

test("invoke() gets every record with its timestamp", () => {
  const seen: unknown[] = [];
  const writer = writerOf<string>({
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
  const writer = writerOf<string>({
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

test("finish() is called at the end of input only, close() always", async () => {
  const calls: string[] = [];
  const writer = writerOf<string>({
    invoke: () => {},
    finish: () => void calls.push("finish"),
    close: () => void calls.push("close"),
  });
  await writer.flush(false);
  assert.deepEqual(calls, []);
  await writer.flush(true);
  await writer.close();
  assert.deepEqual(calls, ["finish", "close"]);
});

test("what invoke() throws or rejects with is MR_FUNCTION_THREW with the record", async () => {
  const cause = new RangeError("no room");
  const isThrew = (error: unknown): boolean => {
    assert.ok(error instanceof EngineError && error.code === "MR_FUNCTION_THREW");
    assert.deepEqual([error.cause, error.details.record], [cause, '["a","1n"]']);
    return true;
  };
  const throwing = writerOf<unknown>({
    invoke: () => {
      throw cause;
    },
  });
  assert.throws(() => throwing.write(["a", 1n], null), isThrew);
  const rejecting = writerOf<unknown>({ invoke: () => Promise.reject(cause) });
  await assert.rejects(async () => rejecting.write(["a", 1n], null), isThrew);
});

test("the discarding sink takes everything", async () => {
  const writer = new DiscardingSink<string>().createWriter();
  writer.write("a", null);
  await writer.flush(true);
  await writer.close();
});
