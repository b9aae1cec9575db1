/** Metrics by name, as text: what Flink's metric store has, and what is made of several of them. */
import { Double, type Json, javaDouble } from "../json.ts";

export type MetricValues = ReadonlyMap<string, string>;

/** Parts of names: what separates them, and blanks, would be taken for other parts. */
export function metricPart(name: string): string {
  return name.replaceAll(/[ .:,]/g, "_");
}

export function longText(value: number): string {
  return String(Math.round(value));
}

export function doubleText(value: number): string {
  return javaDouble(value);
}

/** Without names: which there are. With: those of them that there are. */
export function metricsBody(values: MetricValues, names: readonly string[] | null): Json {
  if (names === null) return [...values.keys()].map((id) => ({ id }));
  return names.flatMap((id) => {
    const value = values.get(id);
    return value === undefined ? [] : [{ id, value }];
  });
}

export type Aggregate = "min" | "max" | "avg" | "sum" | "skew";
const AGGREGATES: readonly Aggregate[] = ["min", "max", "avg", "sum", "skew"];

/**
 * Over several of a kind. As in Flink, one name that none of them has leaves the answer empty.
 *
 * @param names null = which there are
 * @param wanted none = all
 */
export function aggregatesBody(
  all: readonly MetricValues[],
  names: readonly string[] | null,
  wanted: readonly Aggregate[],
): Json {
  if (names === null) {
    return [...new Set(all.flatMap((values) => [...values.keys()]))].map((id) => ({ id }));
  }
  const shown = wanted.length === 0 ? AGGREGATES : AGGREGATES.filter((one) => wanted.includes(one));
  const bodies = names.map((id) => {
    const numbers = all.flatMap((values) => {
      const text = values.get(id);
      return text === undefined ? [] : [Number(text)];
    });
    if (numbers.length === 0 || numbers.some(Number.isNaN)) return null;
    return { id, ...aggregates(numbers, shown) };
  });
  return bodies.includes(null) ? [] : bodies;
}

function aggregates(
  numbers: readonly number[],
  shown: readonly Aggregate[],
): { [name: string]: Json } {
  const sum = numbers.reduce((total, number) => total + number, 0);
  const avg = sum / numbers.length;
  const values: Readonly<Record<Aggregate, () => number>> = {
    min: () => Math.min(...numbers),
    max: () => Math.max(...numbers),
    avg: () => avg,
    sum: () => sum,
    skew: () => skewOf(numbers, avg),
  };
  return Object.fromEntries(shown.map((name) => [name, new Double(values[name]())]));
}

/** Mean deviation in percent of the mean, 100 at most. */
function skewOf(numbers: readonly number[], avg: number): number {
  if (avg === 0) return 0;
  const deviation = numbers.reduce((total, number) => total + Math.abs(number - avg), 0);
  return Math.min(100, (100 * deviation) / numbers.length / Math.abs(avg));
}

/** Numbers of subtasks: "3", "0-2"; what is neither is ignored, as in Flink. null = all. */
export function subtaskFilter(ranges: readonly string[]): ((index: number) => boolean) | null {
  if (ranges.length === 0) return null;
  const bounds = ranges.flatMap((range) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range.trim());
    const from = Number(match?.[1]);
    return match === null ? [] : [{ from, to: Number(match[2] ?? match[1]) }];
  });
  return (index) => bounds.some(({ from, to }) => index >= from && index <= to);
}
