/** How many lines are missing, there more often than they should be, and not to be there at all. */
export interface Counts {
  readonly lines: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly wrong: number;
}

export const NO_COUNTS: Counts = { lines: 0, lost: 0, duplicated: 0, wrong: 0 };

export function compareLines(expected: readonly string[], found: readonly string[]): Counts {
  const wanted = timesOf(expected);
  const times = timesOf(found);
  let [lost, duplicated, wrong] = [0, 0, 0];
  for (const [line, count] of wanted) {
    const difference = (times.get(line) ?? 0) - count;
    if (difference < 0) lost -= difference;
    else duplicated += difference;
  }
  for (const [line, count] of times) if (!wanted.has(line)) wrong += count;
  return { lines: found.length, lost, duplicated, wrong };
}

export function sumOf(a: Counts, b: Counts): Counts {
  return {
    lines: a.lines + b.lines,
    lost: a.lost + b.lost,
    duplicated: a.duplicated + b.duplicated,
    wrong: a.wrong + b.wrong,
  };
}

export function isExact({ lost, duplicated, wrong }: Counts): boolean {
  return lost + duplicated + wrong === 0;
}

function timesOf(lines: readonly string[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const line of lines) times.set(line, (times.get(line) ?? 0) + 1);
  return times;
}
