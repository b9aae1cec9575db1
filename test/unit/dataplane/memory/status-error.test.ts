import assert from "node:assert/strict";
import { after, test } from "node:test";
import { loadKernels } from "../../../../dataplane/memory/kernels-module.ts";
import { MemoryManager } from "../../../../dataplane/memory/memory-manager.ts";
import { statusError, trapError } from "../../../../dataplane/memory/status-error.ts";
import { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import {
  STATUS_BAD_BATCH,
  STATUS_NAN_KEY,
  STATUS_NULL_KEY,
  STATUS_TABLE_FROZEN,
} from "../../../../dataplane/protocol/status.ts";

const CALL = { kernel: "keyGroupsOf", operator: "keyBy", row: 7 };

const memory = TaskMemory.create(await loadKernels(), new MemoryManager(1 << 20), "test");
after(() => memory.dispose());

test("a trap in a kernel becomes an error that names kernel and operator and keeps the trap", () => {
  const nowhere = 0xffff_fff0;
  let trap: unknown;
  try {
    memory.kernels.builderReset(nowhere);
  } catch (error) {
    trap = error;
  }
  assert.ok(trap instanceof WebAssembly.RuntimeError);
  const error = memory.trap(trap, "builderReset", "map");
  assert.ok(error instanceof EngineError);
  assert.equal(error.code, "MR_KERNEL_TRAP");
  assert.equal(error.cause, trap);
  assert.match(error.message, /Operator map: kernel builderReset trapped: .*out of bounds/);
});

test("an engine error out of a kernel's import stays what it is", () => {
  const exhausted = new EngineError("MR_MEMORY_EXHAUSTED", { subtask: "a" });
  assert.equal(trapError(exhausted, CALL), exhausted);
});

test("statuses below zero become the errors they stand for", () => {
  assert.equal(statusError(STATUS_NULL_KEY, CALL).code, "MR_KEY_NULL");
  assert.equal(statusError(STATUS_NULL_KEY, CALL).details.row, 7);
  assert.equal(statusError(STATUS_NAN_KEY, CALL).code, "MR_KEY_NAN");
  assert.equal(statusError(STATUS_BAD_BATCH, CALL).code, "MR_BATCH_CORRUPT");
  const other = statusError(STATUS_TABLE_FROZEN, CALL);
  assert.equal(other.code, "MR_KERNEL_FAILED");
  assert.match(other.message, /kernel keyGroupsOf answered -8/);
});
