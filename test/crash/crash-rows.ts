/** The input of the crash jobs, by index, and what has to come of it. */

/** Key, 1, value, event time in ms. */
export type CrashRow = [key: number, one: number, value: number, timeMs: number];

export const KEYS = 23;
/** Event time that rows may come too late by. */
export const DISORDER_MS = 50;
export const WINDOW_MS = 200;
export const GAP_MS = 130;
export const TIMER_MS = 350;
const STEP_MS = 5;

/** Whole numbers below 2^32 that look like chance. */
function mixed(seed: number, index: number): number {
  let bits = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return (bits ^ (bits >>> 15)) >>> 0;
}

export function crashRow(seed: number, index: number): CrashRow {
  const bits = mixed(seed, index);
  const timeMs = index * STEP_MS + ((bits >>> 8) % DISORDER_MS);
  return [bits % KEYS, 1, bits % 1000, timeMs];
}

/** A line of the text files: key and number. */
export function crashLine(seed: number, index: number): string {
  return `${mixed(seed, index) % KEYS} ${index}`;
}

export const SINKS = ["rows", "windows", "sessions", "timers", "totals", "lines"] as const;
export type SinkName = (typeof SINKS)[number];

/** What is in the files of each sink in the end, in any order. */
export function expectedLines(
  seed: number,
  rowCount: number,
  lineCount: number,
): Readonly<Record<SinkName, readonly string[]>> {
  const rows = Array.from({ length: rowCount }, (_, index) => crashRow(seed, index));
  const lines = Array.from({ length: lineCount }, (_, index) => crashLine(seed, index));
  return {
    rows: rows.map((row) => row.join(" ")),
    windows: sumsPer(rows, WINDOW_MS),
    sessions: sessionsOf(rows),
    timers: sumsPer(rows, TIMER_MS),
    totals: runningCounts(rows.map(([key]) => key)),
    lines: runningCounts(lines.map((line) => Number(line.split(" ")[0]))),
  };
}

/** Key, start of the span and the sum of its values. */
function sumsPer(rows: readonly CrashRow[], spanMs: number): readonly string[] {
  const sums = new Map<string, number>();
  for (const [key, , value, timeMs] of rows) {
    const span = `${key} ${Math.floor(timeMs / spanMs) * spanMs}`;
    sums.set(span, (sums.get(span) ?? 0) + value);
  }
  return [...sums].map(([span, sum]) => `${span} ${sum}`);
}

function sessionsOf(rows: readonly CrashRow[]): readonly string[] {
  const found: string[] = [];
  for (let key = 0; key < KEYS; key++) {
    const own = rows.filter((row) => row[0] === key).toSorted((a, b) => a[3] - b[3]);
    let [sum, lastMs] = [0, Number.NaN];
    for (const [, , value, timeMs] of own) {
      if (timeMs - lastMs > GAP_MS) {
        found.push(`${key} ${sum}`);
        sum = 0;
      }
      sum += value;
      lastMs = timeMs;
    }
    if (own.length > 0) found.push(`${key} ${sum}`);
  }
  return found;
}

/** A key's first, second, ... occurrence. */
function runningCounts(keys: readonly number[]): readonly string[] {
  const counts = new Map<number, number>();
  return keys.map((key) => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return `${key} ${count}`;
  });
}
