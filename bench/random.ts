/**
 * SplitMix64 of a row number, as the recorded Flink runs used it: mix(42 + (i + 1) * 0x9E3779B97F4A7C15).
 * 64-bit arithmetic on two 32-bit halves: a BigInt per row would take longer than the benchmark.
 */
export class RowRandom {
  /** Upper and lower half of the last value, unsigned. */
  high = 0;
  low = 0;

  /** Sets `high` and `low` to the random value of row `index` (>= 0, < 2^31). */
  at(index: number): void {
    this.high = 0x9e3779b9;
    this.low = 0x7f4a7c15;
    this.#multiply(0, index + 1);
    const sum = this.low + 42;
    this.low = sum >>> 0;
    this.high = (this.high + (sum > 0xffffffff ? 1 : 0)) >>> 0;
    this.#xorShift(30);
    this.#multiply(0xbf58476d, 0x1ce4e5b9);
    this.#xorShift(27);
    this.#multiply(0x94d049bb, 0x133111eb);
    this.#xorShift(31);
  }

  #xorShift(bits: number): void {
    const low = (this.low >>> bits) | (this.high << (32 - bits));
    this.low = (this.low ^ low) >>> 0;
    this.high = (this.high ^ (this.high >>> bits)) >>> 0;
  }

  #multiply(high: number, low: number): void {
    const a = this.low;
    const [aLow, aHigh] = [a & 0xffff, a >>> 16];
    const [bLow, bHigh] = [low & 0xffff, low >>> 16];
    const p0 = aLow * bLow;
    const p1 = aLow * bHigh + (p0 >>> 16);
    const p2 = aHigh * bLow + (p1 % 0x10000);
    const carry = aHigh * bHigh + Math.floor(p1 / 0x10000) + Math.floor(p2 / 0x10000);
    this.high = (carry + Math.imul(a, high) + Math.imul(this.high, low)) >>> 0;
    this.low = (((p2 % 0x10000) << 16) | (p0 & 0xffff)) >>> 0;
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
