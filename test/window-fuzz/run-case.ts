/** Runs a random case through the window operator, and compares with the oracle. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { EventTimeTrigger } from "../../dataplane/functions/windows/event-time-trigger.ts";
import type { WindowAssignerSpec, WindowSpec } from "../../dataplane/protocol/window-spec.ts";
import type { Folding, WindowCase, WindowKind } from "./cases.ts";
import { OperatorHarness, type Output } from "./operator-harness.ts";
import { expectedOutcome, type Firing } from "./oracle.ts";

type Values = readonly number[];

/** Records and results are lists of values, so that every folding keeps all of them. */
const FUNCTIONS: Readonly<Record<string, unknown>> = {
  gap: ([value]: Values) => 1 + (value as number),
  window: (
    key: string,
    context: { window(): { start: number; end: number } },
    elements: Iterable<Values>,
    out: { collect(record: unknown): void },
  ) => {
    const { start, end } = context.window();
    out.collect([key, start, end, [...elements].flat()]);
  },
};

const REDUCE = (a: Values, b: Values): Values => [...a, ...b];

const AGGREGATE = {
  createAccumulator: () => ({ values: [] as number[] }),
  add: ([value]: Values, accumulator: { values: number[] }) => {
    accumulator.values.push(value as number);
    return accumulator;
  },
  getResult: ({ values }: { values: number[] }) => values,
  merge: (a: { values: number[] }, b: { values: number[] }) => ({
    values: [...a.values, ...b.values],
  }),
};

const LATE = "late";

function specOf({ windows, lateness, folding, hasLateTag }: WindowCase): WindowSpec {
  const isKept = folding === "elements" || folding === "evicted-elements";
  return {
    assigner: assignerOf(windows),
    trigger: EventTimeTrigger.create().spec,
    evictor:
      folding === "evicted-elements" ? { kind: "count", count: 1000, evictsAfter: false } : null,
    allowedLatenessMs: lateness,
    lateTag: hasLateTag ? LATE : null,
    fold: { kind: isKept ? "elements" : folding },
    call: "process",
  };
}

function assignerOf(windows: WindowKind): WindowAssignerSpec {
  switch (windows.kind) {
    case "tumbling": {
      const { size: sizeMs, offset: offsetMs } = windows;
      return { kind: "tumbling", time: "event", sizeMs, offsetMs, stagger: "ALIGNED" };
    }
    case "sliding": {
      const { size: sizeMs, slide: slideMs, offset: offsetMs } = windows;
      return { kind: "sliding", time: "event", sizeMs, slideMs, offsetMs };
    }
    case "session":
      return { kind: "session", time: "event", gapMs: windows.gap };
    case "dynamic-session":
      return { kind: "session", time: "event", gapMs: null };
  }
}

function functionsOf(folding: Folding): Readonly<Record<string, unknown>> {
  return { ...FUNCTIONS, fn: folding === "aggregate" ? AGGREGATE : REDUCE };
}

/** Throws an AssertionError where the operator and the oracle differ. */
export async function checkCase(windowCase: WindowCase): Promise<void> {
  const expected = expectedOutcome(windowCase);
  const harness = new OperatorHarness(specOf(windowCase), functionsOf(windowCase.folding));
  await harness.open();
  const firings: Firing[] = [];
  const late: unknown[] = [];
  for (const [at, outputs] of run(harness, windowCase)) {
    for (const { tag, record } of outputs) if (tag === LATE) late.push((record as Values)[0]);
    const fired = outputs.flatMap((output) => (output.tag === null ? firingOf(output, at) : []));
    checkOrder(fired);
    firings.push(...fired);
  }
  deepEqual(firings.toSorted(byPlace), expected.firings.toSorted(byPlace));
  deepEqual(late, windowCase.hasLateTag ? expected.late : []);
  equal(harness.lateRecordsDropped, windowCase.hasLateTag ? 0 : expected.late.length);
  equal(harness.stateEntries, 0, "state is left behind");
}

function* run(
  harness: OperatorHarness,
  { events }: WindowCase,
): Generator<readonly [at: number, outputs: readonly Output[]], void, undefined> {
  for (const [at, event] of events.entries()) {
    if (event.kind === "record") harness.record(event.key, [event.value], event.time);
    else harness.watermark(event.time);
    yield [at, harness.taken()];
  }
  harness.watermark(2n ** 63n - 1n);
  yield [events.length, harness.taken()];
}

function firingOf({ record, timestampMs }: Output, at: number): Firing {
  const [key, start, end, values] = record as readonly [
    string,
    number | bigint,
    number | bigint,
    Values,
  ];
  equal(BigInt(timestampMs ?? 0), BigInt(end) - 1n, "results have the time of the window");
  const sorted = values.toSorted((a, b) => a - b);
  return { at, key, start: BigInt(start), end: BigInt(end), values: sorted };
}

/** Of what came out during one event: by ends where a watermark fired it, else the latest start first. */
function checkOrder(fired: readonly Firing[]): void {
  const ends = fired.map(({ end }) => end);
  const isAscending = ends.every((end, index) => index === 0 || end >= (ends[index - 1] ?? end));
  const isDescending = ends.every((end, index) => index === 0 || end < (ends[index - 1] ?? end));
  ok(isAscending || isDescending, "windows fire in order");
}

function byPlace(a: Firing, b: Firing): number {
  return textOf(a) < textOf(b) ? -1 : 1;
}

function textOf({ at, key, start, end }: Firing): string {
  return `${String(at).padStart(6)} ${key} ${start} ${end}`;
}
