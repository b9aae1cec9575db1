/**
 * What windows come to, slowly: after every event everything is found out anew from all records so far.
 * Windows by floor division, sessions as connected components, lateness by Flink's two predicates.
 */
import type { WindowCase, WindowEvent, WindowKind } from "./cases.ts";

export interface Firing {
  /** Index of the event. */
  readonly at: number;
  readonly key: string;
  readonly start: bigint;
  readonly end: bigint;
  /** Sorted. */
  readonly values: readonly number[];
}

export interface Outcome {
  readonly firings: readonly Firing[];
  /** Values of late records, in order. */
  readonly late: readonly number[];
}

type Taken = Extract<WindowEvent, { kind: "record" }>;

interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

export function expectedOutcome({ windows, lateness, events }: WindowCase): Outcome {
  const firings: Firing[] = [];
  const late: number[] = [];
  let taken: Taken[] = [];
  let watermark = LONG_MIN;
  const isGone = ({ end }: Span, now: bigint) => end - 1n + BigInt(lateness) <= now;
  const isDue = ({ end }: Span, now: bigint) => end - 1n <= now;
  const all: readonly WindowEvent[] = [...events, { kind: "watermark", time: LONG_MAX }];
  for (const [at, event] of all.entries()) {
    const emit = (span: Span, key: string) => {
      const inside = taken.filter((one) => one.key === key && isIn(windows, one, span, taken));
      const values = inside.map(({ value }) => value).sort((a, b) => a - b);
      firings.push({ at, key, ...span, values });
    };
    if (event.kind === "record") {
      const spans = spansOf(windows, event, taken).filter((span) => !isGone(span, watermark));
      if (spans.length === 0) {
        if (event.time + BigInt(lateness) <= watermark) late.push(event.value);
        continue;
      }
      taken = [...taken, event];
      for (const span of spans) if (isDue(span, watermark)) emit(span, event.key);
      continue;
    }
    for (const { key, ...span } of allSpans(windows, taken)) {
      if (isDue(span, event.time) && !isDue(span, watermark)) emit(span, key);
    }
    watermark = event.time > watermark ? event.time : watermark;
    const now = watermark;
    taken = taken.filter((one) => spansOf(windows, one, taken).some((span) => !isGone(span, now)));
  }
  return { firings, late };
}

/** Windows that the record is in, together with those taken before. */
function spansOf(windows: WindowKind, record: Taken, taken: readonly Taken[]): readonly Span[] {
  const { time } = record;
  if (windows.kind === "session" || windows.kind === "dynamic-session") {
    return [component(windows, record, taken)];
  }
  const size = BigInt(windows.size);
  const slide = BigInt(windows.kind === "tumbling" ? windows.size : windows.slide);
  const offset = BigInt(windows.offset);
  const spans: Span[] = [];
  for (let n = floorDiv(time - offset, slide); ; n -= 1n) {
    const start = n * slide + offset;
    if (start + size <= time) return spans;
    spans.push({ start, end: start + size });
  }
}

function isIn(windows: WindowKind, record: Taken, span: Span, taken: readonly Taken[]): boolean {
  return spansOf(windows, record, taken).some(
    ({ start, end }) => start === span.start && end === span.end,
  );
}

function allSpans(
  windows: WindowKind,
  taken: readonly Taken[],
): readonly (Span & { key: string })[] {
  const found = new Map<string, Span & { key: string }>();
  for (const record of taken) {
    for (const span of spansOf(windows, record, taken)) {
      found.set(`${span.start},${span.end},${record.key}`, { ...span, key: record.key });
    }
  }
  return [...found.values()];
}

/** What a record's own window grows to by those that it touches, again and again. */
function component(windows: WindowKind, record: Taken, taken: readonly Taken[]): Span {
  let span = ownSpan(windows, record);
  for (;;) {
    let { start, end } = span;
    for (const other of taken) {
      if (other.key !== record.key) continue;
      const own = ownSpan(windows, other);
      if (own.start > end || own.end < start) continue;
      if (own.start < start) start = own.start;
      if (own.end > end) end = own.end;
    }
    if (start === span.start && end === span.end) return span;
    span = { start, end };
  }
}

function ownSpan(windows: WindowKind, { time, value }: Taken): Span {
  const gap = windows.kind === "session" ? windows.gap : 1 + value;
  return { start: time, end: time + BigInt(gap) };
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
