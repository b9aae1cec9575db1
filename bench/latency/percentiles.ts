/** Percentiles of values that occur more than once. */
export interface WeightedValue {
  readonly value: number;
  /** How often it occurs. */
  readonly weight: number;
}

/** For each of `fractions` (0 to 1) the smallest value that at least so many are not above; NaN without values. */
export function percentiles(
  values: readonly WeightedValue[],
  fractions: readonly number[],
): readonly number[] {
  const sorted = values.toSorted((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  return fractions.map((fraction) => {
    let below = 0;
    for (const { value, weight } of sorted) {
      below += weight;
      if (below >= fraction * total) return value;
    }
    return Number.NaN;
  });
}
