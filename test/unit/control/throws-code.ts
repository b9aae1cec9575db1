/** Asserts that a call throws, or rejects with, an EngineError of a code; answers the error. */
import assert from "node:assert/strict";
import { EngineError, type ErrorCode } from "../../../dataplane/protocol/errors.ts";

export function throwsCode(code: ErrorCode, call: () => unknown): EngineError {
  try {
    call();
  } catch (error) {
    return isCode(code, error);
  }
  return assert.fail(`expected ${code}, but nothing was thrown`);
}

export async function rejectsCode(
  code: ErrorCode,
  promise: Promise<unknown>,
): Promise<EngineError> {
  try {
    await promise;
  } catch (error) {
    return isCode(code, error);
  }
  return assert.fail(`expected ${code}, but the promise was fulfilled`);
}

function isCode(code: ErrorCode, error: unknown): EngineError {
  assert.ok(error instanceof EngineError, `expected ${code}, got ${String(error)}`);
  assert.equal(error.code, code, error.message);
  assert.doesNotMatch(error.message, /\{\w+\}/, "every placeholder of the text is filled");
  return error;
}
