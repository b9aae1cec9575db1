/**
 * SplitMix64's mixing, by which the recorded Flink runs made rows and hashed results. 64-bit arithmetic on
 * two 32-bit halves: a BigInt per row would take longer than the benchmark.
 */
export class Mix64 {
  /** Upper and lower half of the value, unsigned. */
  high = 0;
  low = 0;

  /** Replaces the value by mix(value). */
  mix(): void {
    this.#xorShift(30);
    this.multiply(0xbf58476d, 0x1ce4e5b9);
    this.#xorShift(27);
    this.multiply(0x94d049bb, 0x133111eb);
    this.#xorShift(31);
  }

  multiply(high: number, low: number): void {
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

  #xorShift(bits: number): void {
    const low = (this.low >>> bits) | (this.high << (32 - bits));
    this.low = (this.low ^ low) >>> 0;
    this.high = (this.high ^ (this.high >>> bits)) >>> 0;
  }
}
