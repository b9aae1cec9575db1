/**
 * Windowed sums as one writes them by hand in JavaScript, on one thread: row objects, Maps in Maps, and a watermark
 * that follows the latest row. Answers are those of WindowDigestSink.
 */
import { answerText } from "../jobs/answer-sink.ts";
import { windowDigest } from "../jobs/window-sinks.ts";
import { wordsOf } from "../jobs/word-count-job.ts";

export interface TimedRow {
  readonly key: number;
  readonly value: number;
  readonly time: number;
}

class Results<K extends number | string> {
  #rows = 0;
  #digest = 0;

  add(key: K, sum: number, windowEnd: number): void {
    this.#rows += 1;
    this.#digest = (this.#digest + windowDigest([key, sum], windowEnd)) | 0;
  }

  get text(): string {
    return answerText(this.#rows, this.#digest);
  }
}

/** Windows of `size` ms, one each `slide` ms; a row is added to every one it is in. */
export function sumWindows(rows: readonly TimedRow[], size: number, slide: number): string {
  const windows = new Map<number, Map<number, number>>();
  const results = new Results<number>();
  let nextEnd = Number.POSITIVE_INFINITY;
  for (const { key, value, time } of rows) {
    // The watermark, 1 ms behind the latest row, is past the last ms of these windows.
    if (time >= nextEnd) nextEnd = fire(windows, time, size, results);
    for (let start = time - (time % slide); start > time - size; start -= slide) {
      let sums = windows.get(start);
      if (sums === undefined) {
        sums = new Map();
        windows.set(start, sums);
        nextEnd = Math.min(nextEnd, start + size);
      }
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
  }
  fire(windows, Number.POSITIVE_INFINITY, size, results);
  return results.text;
}

/** Words per tumbling window of `size` ms, over so many passes; line i of all has the time i ms. */
export function countWords(lines: readonly string[], passes: number, size: number): string {
  const windows = new Map<number, Map<string, number>>();
  const results = new Results<string>();
  let nextEnd = Number.POSITIVE_INFINITY;
  let time = 0;
  for (let pass = 0; pass < passes; pass++) {
    for (const line of lines) {
      if (time >= nextEnd) nextEnd = fire(windows, time, size, results);
      const start = time - (time % size);
      let counts = windows.get(start);
      if (counts === undefined) {
        counts = new Map();
        windows.set(start, counts);
        nextEnd = Math.min(nextEnd, start + size);
      }
      for (const word of wordsOf(line)) counts.set(word, (counts.get(word) ?? 0) + 1);
      time += 1;
    }
  }
  fire(windows, Number.POSITIVE_INFINITY, size, results);
  return results.text;
}

/** @returns the end of the next window */
function fire<K extends number | string>(
  windows: Map<number, Map<K, number>>,
  time: number,
  size: number,
  results: Results<K>,
): number {
  let nextEnd = Number.POSITIVE_INFINITY;
  for (const [start, sums] of windows) {
    const end = start + size;
    if (end > time) {
      nextEnd = Math.min(nextEnd, end);
      continue;
    }
    windows.delete(start);
    for (const [key, sum] of sums) results.add(key, sum, end);
  }
  return nextEnd;
}

interface Session {
  start: number;
  end: number;
  sum: number;
}

/**
 * Sessions of rows at most `disorderMs` late: each key has a list of those that may still grow, in order of time. A
 * key's sessions that are over are found at its next row.
 */
export function sumSessions(rows: readonly TimedRow[], gap: number, disorderMs: number): string {
  const open = new Map<number, Session[]>();
  const results = new Results<number>();
  let latest = 0;
  for (const { key, value, time } of rows) {
    if (time > latest) latest = time;
    const sessions = open.get(key);
    if (sessions === undefined) {
      open.set(key, [{ start: time, end: time + gap, sum: value }]);
      continue;
    }
    const first = sessions[0];
    if (first !== undefined && first.end < latest - disorderMs) {
      sessions.shift();
      results.add(key, first.sum, first.end);
    }
    addToSessions(sessions, time, time + gap, value);
  }
  for (const [key, sessions] of open) {
    for (const { end, sum } of sessions) results.add(key, sum, end);
  }
  return results.text;
}

/** Sessions that touch become one. */
function addToSessions(sessions: Session[], start: number, end: number, value: number): void {
  let at = sessions.length - 1;
  while (at >= 0 && (sessions[at] as Session).start > end) at -= 1;
  const session = sessions[at];
  if (session === undefined || session.end < start) {
    sessions.splice(at + 1, 0, { start, end, sum: value });
    return;
  }
  session.start = Math.min(session.start, start);
  session.end = Math.max(session.end, end);
  session.sum += value;
  const before = sessions[at - 1];
  if (before === undefined || before.end < session.start) return;
  before.end = Math.max(before.end, session.end);
  before.sum += session.sum;
  sessions.splice(at, 1);
}
