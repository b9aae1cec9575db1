import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  MEMORY_HEAP_BASE,
  MEMORY_PAGE_SIZE,
} from "../../../../dataplane/protocol/memory-layout.ts";
import { createMemory } from "../../../oracle/kernel-memory.ts";
import { seeded } from "../../../oracle/seeded.ts";

interface Block {
  readonly ptr: number;
  readonly bytes: number;
  readonly mark: number;
}

const anyBytes = fc.oneof(
  fc.integer({ min: 0, max: 200 }),
  fc.integer({ min: 0, max: 70_000 }),
  fc.integer({ min: 1_000_000, max: 3_000_000 }),
);

test("blocks hold what they were asked for, do not overlap, are aligned, and all of it can be given back", () => {
  const step = fc.record({ bytes: anyBytes, victim: fc.option(fc.nat(), { freq: 2 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const { manager, memory } = createMemory();
      const blocks: Block[] = [];
      let mark = 0;
      const release = (index: number) => {
        const [block] = blocks.splice(index, 1) as [Block];
        const bytes = memory.bytes.subarray(block.ptr, block.ptr + block.bytes);
        const isOwn = bytes.equals(Buffer.alloc(block.bytes, block.mark));
        assert.ok(isOwn, "nobody else wrote here");
        memory.free(block.ptr, block.bytes);
      };
      for (const { bytes, victim } of steps) {
        if (victim !== null && blocks.length > 0) release(victim % blocks.length);
        mark = (mark + 1) & 0xff;
        const ptr = memory.alloc(bytes);
        assert.equal(ptr % 64, 0);
        assert.ok(ptr >= MEMORY_HEAP_BASE && ptr + bytes <= memory.byteLength);
        memory.u8.fill(mark, ptr, ptr + bytes);
        blocks.push({ ptr, bytes, mark });
        const used = blocks.reduce((sum, block) => sum + block.bytes, 0);
        assert.ok(memory.liveBytes >= used);
      }
      while (blocks.length > 0) release(0);
      assert.equal(memory.liveBytes, 0);
      memory.dispose();
      assert.equal(manager.borrowed, 0);
    }),
    seeded(40),
  );
});

test("a block is at most 64 bytes, double up to 1 KiB, or a quarter more than asked for", () => {
  const { kernels } = createMemory().memory;
  fc.assert(
    fc.property(fc.oneof(anyBytes, fc.integer({ min: 0, max: 2 ** 31 - 1 })), (bytes) => {
      const size = kernels.blockSize(bytes) >>> 0;
      assert.ok(size >= bytes);
      assert.equal(size % 64, 0);
      assert.ok(size <= Math.max(64, bytes * (bytes <= 1024 ? 2 : 1.25)), `${size} for ${bytes}`);
      assert.equal(kernels.blockSize(size) >>> 0, size);
    }),
    seeded(),
  );
  assert.equal(kernels.blockSize(1024), 1024);
  assert.equal(kernels.blockSize(1025), 1280);
  assert.equal(kernels.blockSize(0xd0000001) >>> 0, 0xe0000000);
});

test("freed blocks are used again, so that a steady load does not grow the memory", () => {
  const { memory } = createMemory();
  const round = () => {
    const sizes = [64, 100, 5000, 70_000, 1_500_000];
    const blocks = sizes.map((bytes) => ({ ptr: memory.alloc(bytes), bytes }));
    for (const { ptr, bytes } of blocks) memory.free(ptr, bytes);
  };
  round();
  const { byteLength } = memory;
  for (let index = 0; index < 1000; ++index) round();
  assert.equal(memory.byteLength, byteLength);
});

test("when the budget refuses, bigger free blocks are cut up before giving in", () => {
  const { memory } = createMemory(20 * MEMORY_PAGE_SIZE);
  const big = memory.alloc(10 * MEMORY_PAGE_SIZE);
  const top = memory.alloc(4 * MEMORY_PAGE_SIZE);
  memory.free(big, 10 * MEMORY_PAGE_SIZE);
  const pieces: number[] = [];
  for (;;) {
    const ptr = memory.kernels.alloc(8192) >>> 0;
    if (ptr === 0) break;
    memory.u8.fill(1, ptr, ptr + 8192);
    pieces.push(ptr);
  }
  assert.ok(pieces.length >= 14 * 8, `${pieces.length} pieces of 8 KiB`);
  assert.equal(new Set(pieces).size, pieces.length);
  for (const ptr of pieces) memory.free(ptr, 8192);
  memory.free(top, 4 * MEMORY_PAGE_SIZE);
  assert.equal(memory.liveBytes, 0);
});

test("requests beyond what a memory can ever hold are refused without asking", () => {
  const { manager, memory } = createMemory(2 ** 33);
  for (const bytes of [0xe0000001, 0xffffffff]) assert.equal(memory.kernels.alloc(bytes), 0);
  assert.equal(manager.borrowed, memory.byteLength);
});
