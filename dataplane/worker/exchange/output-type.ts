/**
 * What the batches of a result partition look like now, and how its channels build and announce
 * them.
 */
import type { Schema } from "../../memory/schema.ts";
import {
  BATCH_MAX_ROWS,
  PHYSICAL_BINARY,
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_I64,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
  PHYSICAL_UTF8,
} from "../../protocol/batch-layout.ts";
import type { BatchType } from "../../protocol/deployment.ts";

export interface OutputType {
  readonly schema: Schema;
  /** BUILDER_WITH_* of the channels' builders. */
  readonly flags: number;
  /** 0 = the declared type of the edge, known to the consumer. */
  readonly schemaId: number;
  /** What a SCHEMA frame says; null = nothing to say. */
  readonly announcement: Uint8Array | null;
}

/** JSON with the same text for the same type, whoever made it. */
export function typeText(type: BatchType): string {
  return JSON.stringify({ record: type.record, key: type.key });
}

const MIN_ROWS = 16;

const FIXED_BITS: Readonly<Record<number, number>> = {
  [PHYSICAL_BOOL]: 1,
  [PHYSICAL_I32]: 32,
  [PHYSICAL_I64]: 64,
  [PHYSICAL_F64]: 64,
  [PHYSICAL_UTF8]: 32,
  [PHYSICAL_BINARY]: 32,
  [PHYSICAL_LIST]: 32,
  [PHYSICAL_STRUCT]: 0,
};

/** Rows that can fill a batch of this size: more room would never be used. */
export function rowCapacityOf(schema: Schema, byteCapacity: number): number {
  let bits = 0;
  for (const { physical, isInList } of schema.columns) {
    if (!isInList) bits += FIXED_BITS[physical] ?? 0;
  }
  const rows = Math.ceil((byteCapacity * 8) / Math.max(1, bits));
  return Math.min(BATCH_MAX_ROWS, Math.max(MIN_ROWS, rows));
}
