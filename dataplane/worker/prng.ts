/**
 * Chance as the data plane sees it; the only place that draws a seed. Tests inject a seed of their
 * own.
 */
export interface Prng {
  /** An integer from 0 to bound - 1. */
  nextInt(bound: number): number;
}

/** sfc32: a small, fast generator whose numbers depend on the seed alone. */
export function createPrng(seed: number): Prng {
  let a = seed | 0;
  let b = (seed / 2 ** 32) | 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const next = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    return result >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  return { nextInt: (bound) => Math.floor((next() / 2 ** 32) * bound) };
}

export function randomSeed(): number {
  return Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
}
