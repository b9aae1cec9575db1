import assert from "node:assert/strict";
import { test } from "node:test";

import { recordText, sourcePosition } from "../../../../../dataplane/connectors/user-code.ts";
import { UserFunction } from "../../../../../dataplane/worker/operators/user-function.ts";

const OWNER = { operatorName: "words", subtaskIndex: 3 };

function errorAt(...frames: readonly string[]): Error {
  const error = new Error("x");
  error.stack = ["Error: x", ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return error;
}

const ENGINE = new URL(
  "../../../../../dataplane/worker/operators/row-pipeline.js",
  import.meta.url,
);

test("the position is the first frame that is neither the engine's nor Node's", () => {
  const error = errorAt(
    "JSON.parse (<anonymous>)",
    "node:internal/util:1:2",
    "Object.map (file:///home/me/job%20one/job.ts:12:7)",
    `RowPipeline.run (${ENGINE.href}:10:3)`,
  );
  assert.equal(sourcePosition(error), "/home/me/job one/job.ts:12:7");
});

test("frames of packages count only if there is no other", () => {
  const inPackage = "parse (/home/me/node_modules/csv/index.js:3:4)";
  assert.equal(sourcePosition(errorAt(inPackage, "/home/me/job.ts:5:6")), "/home/me/job.ts:5:6");
  assert.equal(sourcePosition(errorAt(inPackage)), "/home/me/node_modules/csv/index.js:3:4");
});

test("without a frame of the user's the position is unknown", () => {
  assert.equal(sourcePosition(errorAt(`run (${ENGINE.pathname}:1:2)`)), "an unknown position");
  const bare = new Error("x");
  bare.stack = "";
  assert.equal(sourcePosition(bare), "an unknown position");
});

test("a record is shown on one line, cut at 200 characters, whatever it is", () => {
  assert.equal(recordText({ a: [1, "x"], b: null }), "{ a: [ 1, 'x' ], b: null }");
  const long = recordText({ text: "y".repeat(5000), list: Array.from({ length: 5000 }, () => 1) });
  assert.equal(long.length, 200);
  assert.ok(long.endsWith("…"));
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  assert.match(recordText(circular), /Circular/);
});

test("functions and objects with the method are called alike, with the object as this", () => {
  const plain = new UserFunction(OWNER, (value: number) => value + 1, "map");
  assert.equal(plain.call(1), 2);
  assert.equal(plain.arity, 1);
  class AddTwo {
    readonly #amount = 2;
    map(value: number): number {
      return value + this.#amount;
    }
  }
  assert.equal(new UserFunction(OWNER, new AddTwo(), "map").call(1), 3);
  for (const fn of [null, undefined, {}, 5, { flatMap: () => [] }]) {
    assert.throws(() => new UserFunction(OWNER, fn, "map"), { code: "MR_FUNCTION_INVALID" });
  }
});

test("what is thrown keeps its message, class and stack as the cause", () => {
  const fn = new UserFunction(OWNER, () => 1, "map");
  const cause = new RangeError("too far");
  const error = fn.threw(cause, [1]);
  assert.equal(error.cause, cause);
  assert.equal(error.details["subtask"], 3);
  assert.equal(error.details["record"], "[ 1 ]");
  const wrapped = fn.threw("just text", [1]);
  assert.equal(wrapped.details["message"], "just text");
  assert.ok(wrapped.cause instanceof Error);
});
