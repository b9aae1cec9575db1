/** java.util.Random: a 48-bit linear congruential generator, kept as two halves of 24 bits. */
const HALF = 2 ** 24;
const MULTIPLIER_HIGH = 0x5de;
const MULTIPLIER_LOW = 0xece66d;
const INCREMENT = 0xb;
const NEXT_DOUBLE_UNIT = 2 ** -53;

export class JavaRandom {
  #high = 0;
  #low = 0;

  /** @param seed an integer of at most 48 bits, negative ones in two's complement */
  seed(seed: number): void {
    this.#high = (Math.floor(seed / HALF) ^ MULTIPLIER_HIGH) & (HALF - 1);
    this.#low = (seed ^ MULTIPLIER_LOW) & (HALF - 1);
  }

  nextInt(): number {
    return this.#next32() | 0;
  }

  /** From 0 up to, but not including, `bound`. */
  below(bound: number): number {
    if ((bound & -bound) === bound) return Math.floor((bound * this.#next31()) / 2 ** 31);
    for (;;) {
      const bits = this.#next31();
      const value = bits % bound;
      if (bits - value + (bound - 1) < 2 ** 31) return value;
    }
  }

  nextDouble(): number {
    const high = this.#next32() >>> 6;
    return (high * 2 ** 27 + (this.#next32() >>> 5)) * NEXT_DOUBLE_UNIT;
  }

  #next31(): number {
    return this.#next32() >>> 1;
  }

  #next32(): number {
    const low = this.#low * MULTIPLIER_LOW + INCREMENT;
    const carry = Math.floor(low / HALF);
    const high = this.#high * MULTIPLIER_LOW + this.#low * MULTIPLIER_HIGH + carry;
    this.#low = low - carry * HALF;
    this.#high = high % HALF;
    return ((this.#high << 8) | (this.#low >>> 16)) >>> 0;
  }
}
