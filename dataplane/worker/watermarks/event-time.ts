/** Times between JavaScript, where numbers will mostly do, and 64 bits. */
import { Watermark } from "../../connectors/watermark-generator.ts";
import { kindText } from "../../formats/type-text.ts";
import { EngineError } from "../../protocol/errors.ts";
import { LONG_MAX, LONG_MIN, type Long } from "../../protocol/long.ts";

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
