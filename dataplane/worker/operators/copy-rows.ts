/** Rows that outlive their batch. */
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { BUILDER_WITH_KEY_GROUPS, BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";

/** Of rows of any size: a builder that holds them is not full by their bytes. */
export const ANY_BYTES = {
  byteCapacity: 2 ** 31 - 1,
  flags: BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_KEY_GROUPS,
} as const;

/** A copy of all rows, which the caller disposes of. Errors: MR_MEMORY_EXHAUSTED. */
export function copyRows(rows: BatchView): BatchBuilder {
  const rowCapacity = Math.max(1, rows.rowCount);
  const copy = new BatchBuilder(rows.memory, rows.schema, { ...ANY_BYTES, rowCapacity });
  copy.appendRows(rows, 0, rows.rowCount);
  return copy;
}
