/** What the windows have to contain: counted from the keys, hashed by the formula. */
import { LIMBS, splitHash } from "../jobs/checksum.ts";
import { RowHash } from "../nexmark/row-hash.ts";
import { eventTimeMs, KEY_COUNT } from "./latency-input.ts";

export const WINDOW_MS = 100;

export interface ExpectedRows {
  readonly rows: number;
  /** As checksumText() takes them. */
  limbOf(name: string): number;
}

/** Of events in the order of their times. */
export function expectedRows(keys: Uint16Array, rate: number): ExpectedRows {
  const counts = new Uint32Array(KEY_COUNT);
  const hash = new RowHash();
  const limbs = new Float64Array(LIMBS.length);
  let rows = 0;
  let windowEndMs = WINDOW_MS;
  const fire = (): void => {
    for (const [key, count] of counts.entries()) {
      if (count === 0) continue;
      rows += 1;
      hash.start();
      for (const value of [key, windowEndMs, count]) hash.addNumber(value);
      for (const [index, part] of splitHash(hash).entries())
        limbs[index] = (limbs[index] ?? 0) + part;
    }
    counts.fill(0);
  };
  for (const [event, key] of keys.entries()) {
    const timeMs = eventTimeMs(event, rate);
    if (timeMs >= windowEndMs) {
      fire();
      windowEndMs = (Math.floor(timeMs / WINDOW_MS) + 1) * WINDOW_MS;
    }
    counts[key] = (counts[key] ?? 0) + 1;
  }
  fire();
  return { rows, limbOf: (name) => limbs[LIMBS.indexOf(name)] ?? 0 };
}
