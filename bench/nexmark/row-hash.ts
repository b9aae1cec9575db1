/**
 * Checksum of result rows as the recorded Flink runs took it: a row's hash starts at 0 and takes the columns
 * in order, h = mix((h ^ v) + 0x9E3779B97F4A7C15), mix being SplitMix64's; strings are FNV-1a of their UTF-8
 * bytes. 64-bit arithmetic on two halves.
 */
import { Mix64 } from "../mix64.ts";

const GOLDEN_HIGH = 0x9e3779b9;
const GOLDEN_LOW = 0x7f4a7c15;
const FNV_HIGH = 0xcbf29ce4;
const FNV_LOW = 0x84222325;
/** Of 0x100000001b3: what is not its bit 40. */
const FNV_FACTOR = 0x1b3;
const TWO_32 = 2 ** 32;

const encoder = new TextEncoder();

/** Its value is the hash of the row. */
export class RowHash extends Mix64 {
  start(): void {
    this.high = 0;
    this.low = 0;
  }

  addNumber(value: number): void {
    this.add(Math.floor(value / TWO_32) >>> 0, value >>> 0);
  }

  addText(text: string): void {
    const bytes = encoder.encode(text);
    this.addBytes(bytes, 0, bytes.length);
  }

  addBytes(bytes: Uint8Array, from: number, to: number): void {
    let high = FNV_HIGH;
    let low = FNV_LOW;
    for (let at = from; at < to; at++) {
      low = (low ^ (bytes[at] ?? 0)) >>> 0;
      const product = low * FNV_FACTOR;
      high = (Math.imul(high, FNV_FACTOR) + Math.floor(product / TWO_32) + (low << 8)) >>> 0;
      low = product >>> 0;
    }
    this.add(high, low);
  }

  add(high: number, low: number): void {
    const sum = ((this.low ^ low) >>> 0) + GOLDEN_LOW;
    this.high = ((this.high ^ high) + GOLDEN_HIGH + (sum >= TWO_32 ? 1 : 0)) >>> 0;
    this.low = sum >>> 0;
    this.mix();
  }
}
