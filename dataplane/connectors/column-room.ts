import type { BatchBuilder } from "../memory/batch-builder.ts";

/** How many rows of about `rowBytes` bytes fill the builder up; 1 at least unless it is full by rows. */
export function rowsThatFit(builder: BatchBuilder, rowBytes: number): number {
  const byRows = builder.rowCapacity - builder.rowCount;
  const byBytes = Math.ceil((builder.byteCapacity - builder.byteLength) / rowBytes);
  return Math.min(byRows, Math.max(byBytes, 1));
}
