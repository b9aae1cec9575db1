/** Ranges of indexes, dealt out to subtasks. */
import type { EnumeratorContext, SplitEnumerator } from "./source.ts";
import { SplitShares } from "./split-enumerators.ts";

/** The indexes from, from + step, ... below `to`; null = without end. Plain JSON. */
export interface IndexRange {
  readonly from: number;
  readonly to: number | null;
  readonly step: number;
  /** Index to go on with. */
  readonly position: number;
}

/**
 * One range per subtask: contiguous ones of equal size, the first of which have one index more where
 * it does not come out even (as Flink cuts sequences); without end, subtask i of p has every p-th
 * index from i on.
 */
export function cutRange(from: number, to: number | null, count: number): readonly IndexRange[] {
  if (to === null) {
    return Array.from({ length: count }, (_, subtask) => {
      return { from: from + subtask, to, step: count, position: from + subtask };
    });
  }
  const size = Math.floor((to - from) / count);
  const larger = (to - from) % count;
  return Array.from({ length: count }, (_, subtask) => {
    const start = from + subtask * size + Math.min(subtask, larger);
    return { from: start, to: start + size + (subtask < larger ? 1 : 0), step: 1, position: start };
  });
}

export function enumerateRange(
  context: EnumeratorContext<IndexRange>,
  from: number,
  to: number | null,
  isDealt: boolean,
): SplitEnumerator<IndexRange> {
  const findShares = () =>
    cutRange(from, to, context.parallelism).map((range) =>
      range.to === null || range.to > range.from ? [range] : [],
    );
  return new SplitShares(context, findShares, isDealt);
}

/** Names a range among those of its source. */
export function idOfRange({ from }: IndexRange): string {
  return String(from);
}
