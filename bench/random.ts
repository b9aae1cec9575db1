/** Random rows of the recorded Flink runs. */
import { Mix64 } from "./mix64.ts";

/**
 * SplitMix64 of a row number, as the recorded Flink runs used it: mix(42 + (i + 1) * 0x9E3779B97F4A7C15).
 */
export class RowRandom extends Mix64 {
  /** Sets `high` and `low` to the random value of row `index` (>= 0, < 2^31). */
  at(index: number): void {
    this.high = 0x9e3779b9;
    this.low = 0x7f4a7c15;
    this.multiply(0, index + 1);
    const sum = this.low + 42;
    this.low = sum >>> 0;
    this.high = (this.high + (sum > 0xffffffff ? 1 : 0)) >>> 0;
    this.mix();
  }
}

export interface KeyValueColumns {
  readonly keys: BigInt64Array;
  readonly values: BigInt64Array;
}

/** Row i: key = (rnd(i) >>> 32) mod keyCount, value = rnd(i) & 1023. */
export function keyValueColumns(rows: number, keyCount: number): KeyValueColumns {
  const keys = new BigInt64Array(new SharedArrayBuffer(rows * 8));
  const values = new BigInt64Array(new SharedArrayBuffer(rows * 8));
  const keyWords = new Int32Array(keys.buffer);
  const valueWords = new Int32Array(values.buffer);
  const random = new RowRandom();
  for (let row = 0; row < rows; row++) {
    random.at(row);
    keyWords[2 * row] = random.high % keyCount;
    valueWords[2 * row] = random.low & 1023;
  }
  return { keys, values };
}
