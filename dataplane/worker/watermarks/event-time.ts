/** Times between JavaScript, where numbers will mostly do, and 64 bits. */
import { Watermark } from "../../connectors/watermark-generator.ts";
import { kindText } from "../../formats/type-text.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { EngineError } from "../../protocol/errors.ts";
import { LONG_MAX, LONG_MIN, type Long } from "../../protocol/long.ts";

const TWO_32 = 4294967296;

/** `operator`: whose function answered it. Errors: MR_TIMESTAMP_INVALID. */
export function checkTimestamp(value: unknown, operator: string): Long {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  const exact = exactLong(value);
  if (exact === null) throw invalidTime(value, operator, "timestamp");
  return exact;
}

/** Of what emitWatermark() is given. Errors: MR_TIMESTAMP_INVALID. */
export function checkWatermark(value: unknown, operator: string): bigint {
  const time = value instanceof Watermark ? value.timestamp : value;
  if (time === Number.POSITIVE_INFINITY) return LONG_MAX;
  if (time === Number.NEGATIVE_INFINITY) return LONG_MIN;
  const exact = exactLong(time);
  if (exact === null) throw invalidTime(time, operator, "watermark");
  return exact;
}

/** Largest time of rows `from` to `to`, without a value per row; LONG_MIN = none of them has one. */
export function maxTimestamp(view: BatchView, from: number, to: number): bigint {
  const start = view.timestampsPtr;
  if (start === 0 || from >= to) return LONG_MIN;
  const { i32, u32 } = view.memory;
  const hasAll = view.timestampsValidityPtr === 0;
  let high = -0x80000000;
  let low = 0;
  for (let row = from; row < to; ++row) {
    if (!hasAll && view.timestampOf(row) === null) continue;
    const at = (start >>> 2) + row * 2;
    const rowHigh = i32[at + 1] as number;
    if (rowHigh < high) continue;
    const rowLow = u32[at] as number;
    if (rowHigh > high || rowLow > low) low = rowLow;
    high = rowHigh;
  }
  return BigInt(high) * BigInt(TWO_32) + BigInt(low);
}

function exactLong(value: unknown): bigint | null {
  const isWhole = typeof value === "number" && Number.isInteger(value);
  if (!isWhole && typeof value !== "bigint") return null;
  const exact = BigInt(value as number | bigint);
  return exact >= LONG_MIN && exact <= LONG_MAX ? exact : null;
}

function invalidTime(value: unknown, operator: string, what: string): EngineError {
  const isShown = typeof value === "number" || typeof value === "bigint";
  const actual = isShown ? String(value) : kindText(value);
  return new EngineError("MR_TIMESTAMP_INVALID", { operator, what, actual });
}
