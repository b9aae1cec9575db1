/**
 * What the source subtasks of a watermark group know of each other: i64[members] in shared memory, ms of
 * event time. Each cell is written by its subtask alone and read by all, with Atomics.
 */
import { LONG_MIN } from "./long.ts";

/** Of a subtask without a watermark so far: nobody waits for it. */
export const WATERMARK_NOT_REPORTED = LONG_MIN;

/** One cell of a group. */
export interface WatermarkGroupSpec {
  readonly cells: SharedArrayBuffer;
  readonly index: number;
}

/** Its subtask starts again. */
export function resetWatermarkCell({ cells, index }: WatermarkGroupSpec): void {
  Atomics.store(new BigInt64Array(cells), index, WATERMARK_NOT_REPORTED);
}

export function createWatermarkCells(members: number): SharedArrayBuffer {
  const cells = new SharedArrayBuffer(members * BigInt64Array.BYTES_PER_ELEMENT);
  new BigInt64Array(cells).fill(WATERMARK_NOT_REPORTED);
  return cells;
}
