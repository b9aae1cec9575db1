import assert from "node:assert/strict";
import { test } from "node:test";

import {
  recordText,
  sourcePosition,
  userCodeError,
} from "../../../../dataplane/connectors/user-code.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";

const ENGINE = new URL("../../../../dataplane/connectors/x.js", import.meta.url).href;
const CALL = { operator: "op", subtask: 1, record: "r" };

function errorAt(...frames: readonly string[]): Error {
  const error = new Error("broken");
  error.stack = ["Error: broken", ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return error;
}

test("the position is the first frame of the user's own code", () => {
  const frames = [
    "Array.map (<anonymous>)",
    "node:internal/x:1:2",
    `Cursor.poll (${ENGINE}:5:6)`,
    "parse (/job/node_modules/lib/index.js:3:4)",
    "Object.fn (file:///job/my%20file.ts:10:11)",
    "main (/job/main.ts:1:1)",
  ];
  assert.equal(sourcePosition(errorAt(...frames)), "/job/my file.ts:10:11");
  assert.equal(
    sourcePosition(errorAt(...frames.slice(0, 4))),
    "/job/node_modules/lib/index.js:3:4",
  );
  assert.equal(sourcePosition(errorAt(...frames.slice(0, 3))), "an unknown position");
});

test("whatever was thrown is MR_FUNCTION_THREW with its message, but errors of the engine stay", () => {
  const thrown = userCodeError("text", CALL);
  assert.deepEqual([thrown.code, thrown.details.message], ["MR_FUNCTION_THREW", "text"]);
  assert.deepEqual(
    [thrown.details.operator, thrown.details.subtask, thrown.details.record],
    ["op", 1, "r"],
  );
  const own = new EngineError("MR_RECORD_NULL", {});
  assert.equal(userCodeError(own, CALL), own);
});

test("long records are cut", () => {
  assert.equal(recordText(["a", 1n, { b: null }]), "[ 'a', 1n, { b: null } ]");
  assert.equal(recordText("x".repeat(1000)).length, 200);
});
