import {
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I64,
  PHYSICAL_STRUCT,
} from "../protocol/batch-layout.ts";

/** Bits one value takes in the data buffer; UTF8, BINARY and LIST have one more offset besides. */
export function valueBits(physical: number): number {
  if (physical === PHYSICAL_I64 || physical === PHYSICAL_F64) return 64;
  if (physical === PHYSICAL_BOOL) return 1;
  return physical === PHYSICAL_STRUCT ? 0 : 32;
}
