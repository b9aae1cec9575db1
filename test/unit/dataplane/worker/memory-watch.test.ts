import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryWatch } from "../../../../dataplane/worker/memory-watch.ts";
import { createMemory } from "../../../oracle/kernel-memory.ts";

const MIB = 1024 * 1024;

test("a memory that was mostly free for 5 s is replaced by a small one", () => {
  const { memory } = createMemory(256 * MIB);
  const watch = new MemoryWatch(memory);
  const ptr = memory.alloc(80 * MIB);
  watch.look(0);
  memory.free(ptr, 80 * MIB);
  watch.look(1000);
  watch.look(5999);
  assert.ok(memory.byteLength > 80 * MIB);
  watch.look(6000);
  assert.ok(memory.byteLength < MIB);
});

test("one that is in use now and then is left as it is", () => {
  const { memory } = createMemory(256 * MIB);
  const watch = new MemoryWatch(memory);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 4000) {
    const ptr = memory.alloc(80 * MIB);
    watch.look(nowMs);
    memory.free(ptr, 80 * MIB);
    watch.look(nowMs + 100);
  }
  assert.ok(memory.byteLength > 80 * MIB);
});

test("a small one is never replaced", () => {
  const { memory } = createMemory(256 * MIB);
  const watch = new MemoryWatch(memory);
  memory.free(memory.alloc(50 * MIB), 50 * MIB);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 1000) watch.look(nowMs);
  assert.ok(memory.byteLength > 50 * MIB);
});
