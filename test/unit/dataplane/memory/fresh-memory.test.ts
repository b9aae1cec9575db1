import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { createMemory } from "../../../oracle/kernel-memory.ts";

const MIB = 1024 * 1024;

interface Block {
  readonly ptr: number;
  readonly bytes: number;
  readonly fill: number;
}

function allocate(memory: TaskMemory, bytes: number, fill: number): Block {
  const ptr = memory.alloc(bytes);
  memory.u8.fill(fill, ptr, ptr + bytes);
  return { ptr, bytes, fill };
}

function assertKept(memory: TaskMemory, blocks: readonly Block[]): void {
  for (const { ptr, bytes, fill } of blocks) {
    const content = memory.u8.subarray(ptr, ptr + bytes);
    assert.ok(
      content.every((byte) => byte === fill),
      `block at ${ptr}`,
    );
  }
}

test("what is alive is in the fresh memory, and free blocks are free there", () => {
  const step = fc.record({
    bytes: fc.integer({ min: 1, max: 200_000 }),
    frees: fc.nat(),
    moves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const { memory, manager } = createMemory(64 * MIB);
      const alive: Block[] = [];
      for (const [index, { bytes, frees, moves }] of steps.entries()) {
        alive.push(allocate(memory, bytes, index + 1));
        if (frees % 2 === 0) {
          for (const { ptr, bytes: size } of alive.splice(frees % alive.length, 1)) {
            memory.free(ptr, size);
          }
        }
        const { liveBytes } = memory;
        if (moves) memory.moveToFresh();
        assert.equal(memory.liveBytes, liveBytes);
        assert.equal(manager.borrowedBy("map-0"), memory.byteLength);
        // Blocks that come later overwrite none of them.
        assertKept(memory, alive);
      }
      memory.dispose();
      assert.equal(manager.borrowed, 0);
    }),
    { seed: 5, numRuns: 60 },
  );
});

test("free memory at the end is given back, in between it stays in the lists", () => {
  const { memory } = createMemory(256 * MIB);
  const first = allocate(memory, 20 * MIB, 1);
  const middle = allocate(memory, 5 * MIB, 2);
  const last = allocate(memory, 40 * MIB, 3);
  memory.free(first.ptr, first.bytes);
  memory.free(last.ptr, last.bytes);
  memory.moveToFresh();
  const { byteLength } = memory;
  assert.ok(byteLength < 27 * MIB, `${byteLength} bytes`);
  assertKept(memory, [middle]);
  assert.equal(memory.alloc(20 * MIB), first.ptr);
  assert.equal(memory.byteLength, byteLength);
});

test("generated modules go on over the fresh memory, each with its own static data", () => {
  const { memory } = createMemory();
  const owners = [7, 8].map((answer) => {
    const owner = {};
    const instance = memory.instantiate<{ get(): number }>(owner, moduleAnswering(answer), {});
    return { owner, instance, answer };
  });
  memory.moveToFresh();
  for (const { owner, instance, answer } of owners) {
    memory.statics.claim(owner);
    memory.u8[32769] = 1;
    assert.equal(instance.exports.get(), answer + 256);
  }
});

/** get() loads a u16 at 32768, whose low byte is static data. */
function moduleAnswering(answer: number): WebAssembly.Module {
  const address = [0x41, 0x80, 0x80, 0x02];
  const bytes = [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7f],
    [0x02, 0x0f, 0x01, 0x03, ...Buffer.from("env"), 0x06, ...Buffer.from("memory"), 0x02, 0, 1],
    [0x03, 0x02, 0x01, 0x00],
    [0x07, 0x07, 0x01, 0x03, ...Buffer.from("get"), 0x00, 0x00],
    [0x0a, 0x0b, 0x01, 0x09, 0x00, ...address, 0x2f, 0x00, 0x00, 0x0b],
    [0x0b, 0x09, 0x01, 0x00, ...address, 0x0b, 0x01, answer],
  ].flat();
  return new WebAssembly.Module(new Uint8Array(bytes));
}
