import assert from "node:assert/strict";
import { test } from "node:test";
import { FRAME_HEADER_SIZE } from "../../../../dataplane/protocol/frame-layout.ts";
import {
  RING_CONTROL_RESERVE,
  RING_MAX_CAPACITY,
  RING_MIN_CAPACITY,
} from "../../../../dataplane/protocol/ring-layout.ts";
import {
  batchBytesOf,
  maxFrameBytesOf,
  ringCapacityOf,
} from "../../../../dataplane/protocol/ring-sizing.ts";

const BUDGET_BYTES = 33_554_432;

test("the rings of an edge share its budget, each a power of two within the limits", () => {
  for (const rings of [1, 2, 4, 7, 16, 64, 256, 1000]) {
    const capacity = ringCapacityOf(BUDGET_BYTES, rings);
    assert.equal(capacity & (capacity - 1), 0);
    assert.ok(capacity >= RING_MIN_CAPACITY && capacity <= RING_MAX_CAPACITY);
    assert.ok(capacity * rings <= BUDGET_BYTES || capacity === RING_MIN_CAPACITY);
  }
  assert.equal(ringCapacityOf(BUDGET_BYTES, 64), 524_288);
  assert.equal(ringCapacityOf(1, 1), RING_MIN_CAPACITY);
});

test("several full batches fit a ring at once, and a full batch fits a frame", () => {
  for (let capacity = RING_MIN_CAPACITY; capacity <= RING_MAX_CAPACITY; capacity *= 2) {
    const frame = FRAME_HEADER_SIZE + Math.ceil(batchBytesOf(capacity) / 64) * 64;
    assert.ok(3 * frame + RING_CONTROL_RESERVE <= capacity);
    assert.ok(frame <= maxFrameBytesOf(capacity));
    assert.ok(2 * maxFrameBytesOf(capacity) + RING_CONTROL_RESERVE <= capacity);
  }
});
