import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { MemoryManager } from "../../../../dataplane/memory/memory-manager.ts";
import { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { MEMORY_PAGE_SIZE } from "../../../../dataplane/protocol/memory-layout.ts";
import {
  STATUS_BAD_BATCH,
  STATUS_NOT_NUMERIC,
  STATUS_OUT_OF_MEMORY,
  STATUS_OUTPUT_FULL,
} from "../../../../dataplane/protocol/status.ts";
import { createMemory, kernelsModule, tupleSchema } from "../../../oracle/kernel-memory.ts";

test("a memory borrows its pages and gives all of them back on dispose", () => {
  const { manager, memory } = createMemory();
  assert.equal(manager.borrowedBy("map-0"), memory.byteLength);
  for (let index = 0; index < 50; ++index) memory.alloc(100_000);
  assert.equal(manager.borrowedBy("map-0"), memory.byteLength);
  assert.ok(memory.byteLength >= 50 * 100_000);
  memory.dispose();
  memory.dispose();
  assert.equal(manager.borrowed, 0);
});

test("views read from the memory after growth show all of it", () => {
  const { memory } = createMemory();
  const before = memory.u8;
  const ptr = memory.alloc(10 << 20);
  assert.equal(before.byteLength, 0);
  assert.equal(memory.u8.byteLength, memory.memory.buffer.byteLength);
  memory.u32[(ptr + (10 << 20) - 4) >>> 2] = 0x01020304;
  assert.equal(memory.bytes[ptr + (10 << 20) - 4], 4);
});

test("a request the budget refuses is an error and leaves the memory as it was", () => {
  const { manager, memory } = createMemory(8 * MEMORY_PAGE_SIZE);
  const { liveBytes, byteLength } = memory;
  assert.throws(() => memory.alloc(9 * MEMORY_PAGE_SIZE), {
    code: "MR_MEMORY_EXHAUSTED",
    details: {
      subtask: "map-0",
      requested: 9 * MEMORY_PAGE_SIZE,
      available: 6 * MEMORY_PAGE_SIZE,
      budget: 8 * MEMORY_PAGE_SIZE,
    },
  });
  assert.equal(memory.liveBytes, liveBytes);
  assert.equal(memory.byteLength, byteLength);
  assert.equal(manager.borrowed, byteLength);
  memory.alloc(MEMORY_PAGE_SIZE);
});

test("a slot without room for the first pages makes no memory", () => {
  const manager = new MemoryManager(MEMORY_PAGE_SIZE);
  assert.throws(() => TaskMemory.create(kernelsModule, manager, "map-0"), {
    code: "MR_MEMORY_EXHAUSTED",
  });
  assert.equal(manager.borrowed, 0);
});

test("a builder that does not fit is an error and leaves nothing allocated", () => {
  const { memory } = createMemory(4 * MEMORY_PAGE_SIZE);
  const schema = tupleSchema(...new Array(20).fill({ kind: "LONG" }));
  schema.descriptorPtr(memory);
  const { liveBytes } = memory;
  assert.throws(() => new BatchBuilder(memory, schema), { code: "MR_MEMORY_EXHAUSTED" });
  assert.equal(memory.liveBytes, liveBytes);
});

test("negative statuses become the errors they stand for, others are answered", () => {
  const { memory } = createMemory();
  const check = (status: number) => memory.check(status, "fold", "sum");
  assert.equal(check(STATUS_OUTPUT_FULL), STATUS_OUTPUT_FULL);
  assert.throws(() => check(STATUS_OUT_OF_MEMORY), { code: "MR_MEMORY_EXHAUSTED" });
  assert.throws(() => check(STATUS_BAD_BATCH), { code: "MR_BATCH_CORRUPT" });
  assert.throws(() => check(STATUS_NOT_NUMERIC), {
    code: "MR_KERNEL_FAILED",
    details: { operator: "sum", kernel: "fold", status: STATUS_NOT_NUMERIC },
  });
});

test("a trap is told with the kernel and the operator", () => {
  const { memory } = createMemory();
  let cause: unknown;
  try {
    memory.kernels.builderReset(0xfffffff0);
  } catch (error) {
    cause = error;
  }
  const error = memory.trap(cause, "builderReset", "map");
  assert.match(
    error.message,
    /Operator map: kernel builderReset trapped: memory access out of bounds/,
  );
  assert.equal(error.cause, cause);
});
