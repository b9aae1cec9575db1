/** Parameters of fast-check: the same cases on every run; PROPERTY_SEED tries others. */
export function seeded(numRuns = 100): { readonly seed: number; readonly numRuns: number } {
  return { seed: Number(process.env.PROPERTY_SEED ?? 20), numRuns };
}
