/** Figures of many values, as Flink makes them. */

/** Without values min, max and the average are 0 and percentiles NaN. */
export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly average: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}

export function distributionOf(values: readonly number[]): Distribution {
  const sorted = values.toSorted((one, other) => one - other);
  const sum = sorted.reduce((total, value) => total + value, 0);
  const percentile = (percent: number): number => percentileOf(sorted, percent);
  return {
    count: sorted.length,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    sum,
    average: sorted.length === 0 ? 0 : sum / sorted.length,
    p25: percentile(25),
    p50: percentile(50),
    p75: percentile(75),
    p90: percentile(90),
    p95: percentile(95),
    p99: percentile(99),
    p999: percentile(99.9),
  };
}

/** Between two values where it falls between them: rank p * (n + 1), as in commons-math's LEGACY estimation. */
function percentileOf(sorted: readonly number[], percent: number): number {
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return Number.NaN;
  const position = (percent * (sorted.length + 1)) / 100;
  const below = Math.floor(position);
  if (below < 1) return first;
  const lower = sorted[below - 1];
  const upper = sorted[below];
  if (lower === undefined || upper === undefined) return last;
  return lower + (position - below) * (upper - lower);
}
