/**
 * How large the rings of an edge are, and the batches in them. The memory budget is that of the
 * edge, not of a ring: with 16 producers and 16 consumers it is shared by 256 rings.
 */
import { BATCH_MAX_BYTES } from "./batch-layout.ts";
import { FRAME_HEADER_SIZE } from "./frame-layout.ts";
import {
  RING_CAPACITY,
  RING_CONTROL_RESERVE,
  RING_HEADER_SIZE,
  RING_MAX_CAPACITY,
  RING_MIN_CAPACITY,
} from "./ring-layout.ts";

/**
 * A batch is full when so many of its size fit in its ring: one is read while others are written.
 */
const BATCHES_PER_RING = 4;

/** Capacity of each ring of an edge, a power of two. */
export function ringCapacityOf(edgeBudgetBytes: number, ringCount: number): number {
  const share = Math.floor(edgeBudgetBytes / Math.max(1, ringCount));
  const bounded = Math.min(RING_MAX_CAPACITY, Math.max(RING_MIN_CAPACITY, share));
  return 2 ** Math.floor(Math.log2(bounded));
}

/** An empty ring. @param capacity bytes of its data area, a power of two */
export function createRing(capacity: number): SharedArrayBuffer {
  if (capacity < RING_MIN_CAPACITY || capacity > RING_MAX_CAPACITY || capacity & (capacity - 1)) {
    throw new TypeError(`ring capacity ${capacity} is not a power of two within the limits`);
  }
  const ring = new SharedArrayBuffer(RING_HEADER_SIZE + capacity);
  new Uint32Array(ring)[RING_CAPACITY >>> 2] = capacity;
  return ring;
}

/**
 * Largest frame, header included, that is sure to fit some time: two of them and the reserve for
 * control frames fit at once, so neither a PAD before the frame nor the place of the head can be in
 * its way.
 */
export function maxFrameBytesOf(capacity: number): number {
  return ((capacity - RING_CONTROL_RESERVE) >>> 1) & ~63;
}

/** Sealed size at which a batch for this ring is full. */
export function batchBytesOf(capacity: number): number {
  return Math.min(BATCH_MAX_BYTES, Math.floor(capacity / BATCHES_PER_RING) - FRAME_HEADER_SIZE);
}
