/** Sources that make watermarks: whatever way a reader writes, the stream is that of its records one by one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Source, SourceOutput } from "../../../../../dataplane/connectors/source.ts";
import type { WatermarkOutput } from "../../../../../dataplane/connectors/watermark-generator.ts";
import type { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import type { OperatorSpec, WatermarksSpec } from "../../../../../dataplane/protocol/deployment.ts";
import { METRIC_CURRENT_WATERMARK } from "../../../../../dataplane/protocol/metrics-layout.ts";
import {
  STATUS_DONE,
  STATUS_NEED_HOST,
  STATUS_OUTPUT_FULL,
} from "../../../../../dataplane/protocol/status.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { SourceSegment } from "../../../../../dataplane/worker/segment.ts";
import { batchType, createHarness, INT, readRows } from "./harness.ts";

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

type Element = { readonly value: unknown; readonly time: number | bigint | null } | string;

/** One thing a reader does; `split` "" = no split. */
type Action =
  | { readonly kind: "record" | "column"; readonly split: string; readonly value: number }
  | { readonly kind: "release"; readonly split: string };

class Scripted implements Source<unknown> {
  readonly boundedness = "BOUNDED";
  readonly description = "scripted";
  readonly producedType: DataType | null;
  readonly #polls: ((output: SourceOutput<unknown>) => "more" | "nothing" | "end")[];

  constructor(producedType: DataType | null, polls: Scripted["polls"]) {
    this.producedType = producedType;
    this.#polls = [...polls];
  }

  get polls() {
    return this.#polls;
  }

  createEnumerator(): never {
    throw new TypeError("not here");
  }

  createReader() {
    return {
      start: () => undefined,
      pollNext: (output: SourceOutput<unknown>) => this.#polls.shift()?.(output) ?? "end",
      isAvailable: () => Promise.resolve(),
      addSplits: () => undefined,
      notifyNoMoreSplits: () => undefined,
      snapshotState: () => [],
      close: () => undefined,
    };
  }
}

function writeInt(builder: BatchBuilder, value: number): void {
  builder.memory.i32[(builder.dataPtr(0) >>> 2) + builder.rowCount] = value;
  // Its own time, for strategies without an assigner.
  builder.commitRow(value * 10);
}

function act(output: SourceOutput<unknown>, action: Action): void {
  const { split } = action;
  if (action.kind === "release") {
    output.releaseOutputForSplit(split);
    return;
  }
  const own = split === "" ? output : output.createOutputForSplit(split);
  if (action.kind === "record") own.collect(action.value, action.value * 10);
  else writeInt(own.builder, action.value);
}

/** Does its actions as far as there is room; one that ignores isFull goes on. */
function pollsOf(actions: readonly Action[], obeys: boolean): Scripted["polls"] {
  let next = 0;
  const poll = (output: SourceOutput<unknown>): "more" | "end" => {
    for (let done = 0; next < actions.length && done < 6; done++) {
      const action = actions[next] as Action;
      if (output.isFull && (obeys || action.kind === "column")) return "more";
      act(output, action);
      next += 1;
    }
    return next === actions.length ? "end" : "more";
  };
  return Array.from({ length: 500 }, () => poll);
}

async function open(
  polls: Scripted["polls"],
  watermarks: WatermarksSpec,
  functions: Readonly<Record<string, unknown>> = {},
  outputRows = 3,
  type: DataType | null = INT,
) {
  const spec: OperatorSpec = {
    kind: "source",
    id: "src",
    name: "my source",
    input: null,
    inputType: null,
    outputType: type === null ? null : batchType(type),
    engine: "js",
    watermarks,
  };
  const harness = await createHarness({ ...functions, "src/source": new Scripted(type, polls) }, [
    spec,
  ]);
  const clock = {
    nowMs: 0,
    now: () => clock.nowMs,
    monotonic: () => clock.nowMs,
  };
  const context = { ...harness.context, clock };
  const segment = createSegments(context, { outputRows })[0]?.segment as SourceSegment;
  await segment.open();
  return { segment, clock, metrics: harness.metrics };
}

/** What a call put out: rows, then events. */
function taken(segment: SourceSegment): Element[] {
  const elements: Element[] = [];
  const builder = segment.outputs[0]?.builder ?? null;
  if (builder !== null) {
    for (const { value, timestampMs } of readRows(builder))
      elements.push({ value, time: timestampMs });
    builder.reset();
  }
  for (let event = segment.takeControl?.(); event; event = segment.takeControl?.()) {
    if (event.kind === "watermark") elements.push(String(event.watermarkMs));
    else if (event.kind === "status") elements.push(event.status);
  }
  return elements;
}

function pollToEnd(segment: SourceSegment): Element[] {
  const elements: Element[] = [];
  for (let status = -1, calls = 0; status !== STATUS_DONE; calls++) {
    assert.ok(calls < 2000, "no progress");
    status = segment.poll();
    elements.push(...taken(segment));
  }
  return elements;
}

/** Says value * 10 as the watermark behind even values. */
const punctuated = () => ({
  onEvent(value: number, _timestampMs: number, output: WatermarkOutput): void {
    if (value % 2 === 0) output.emitWatermark(value * 10);
  },
  onPeriodicEmit: () => undefined,
});

const PUNCTUATED: WatermarksSpec = {
  generator: { kind: "function" },
  assigner: true,
  idlenessMs: null,
  intervalMs: 200,
};
const BOUNDED: WatermarksSpec = {
  generator: { kind: "max-timestamp", lagMs: 1 },
  assigner: false,
  idlenessMs: null,
  intervalMs: 200,
};
const FUNCTIONS = {
  "src/timestamps": (value: number, given: number) => given + value,
  "src/generator": punctuated,
};

/** One record after the other: each split has its largest watermark, the stream the least of them. */
function expected(actions: readonly Action[]): Element[] {
  const elements: Element[] = [];
  const splits = new Map<string, bigint>();
  let hasMain = false;
  let current = LONG_MIN;
  for (const action of actions) {
    if (action.kind === "release") {
      splits.delete(action.split);
      continue;
    }
    const { split, value } = action;
    hasMain ||= split === "";
    splits.set(split, splits.get(split) ?? LONG_MIN);
    elements.push({ value, time: value * 11 });
    if (value % 2 !== 0) continue;
    const said = BigInt(value * 10);
    if (said > (splits.get(split) ?? LONG_MIN)) splits.set(split, said);
    const counted = [...splits].filter(([name]) => name !== "" || hasMain);
    const least = counted.reduce((min, [, ms]) => (ms < min ? ms : min), LONG_MAX);
    if (least <= current) continue;
    current = least;
    elements.push(String(least));
  }
  return elements;
}

test("columns and records of several splits, in any mix, and outputs of any size", async () => {
  const split = fc.constantFrom("", "a", "b", "c");
  const action: fc.Arbitrary<Action> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constantFrom("record" as const, "column" as const),
        split,
        value: fc.nat(200),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("release" as const),
        split: fc.constantFrom("a", "b", "c"),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 60 }),
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      async (script, hasMain, obeys, outputRows) => {
        const actions = prepared(script, hasMain);
        const polls = pollsOf(actions, obeys);
        const { segment } = await open(polls, PUNCTUATED, FUNCTIONS, outputRows);
        assert.deepEqual(pollToEnd(segment), expected(actions));
        await segment.close();
      },
    ),
    { seed: 9, numRuns: 150 },
  );
});

/**
 * The same with all splits asked for at the beginning, and none written to behind its release: what is
 * asked for counts at once, also where what was written before still waits.
 */
function prepared(actions: readonly Action[], hasMain: boolean): readonly Action[] {
  const released = new Set<string>();
  const first = ["a", "b", "c", ...(hasMain ? [""] : [])];
  return [
    ...first.map((split) => ({ kind: "record" as const, split, value: 1 })),
    ...actions.filter(({ kind, split }) => {
      if (split === "" && !hasMain) return false;
      if (released.has(split)) return false;
      if (kind === "release") released.add(split);
      return true;
    }),
  ];
}

test("columns with times of their own go straight into the output, and periodic watermarks follow", async () => {
  const actions = Array.from({ length: 20 }, (_, value) => ({
    kind: "column" as const,
    split: value < 10 ? "a" : "b",
    value,
  }));
  const { segment, clock, metrics } = await open(pollsOf(actions, true), BOUNDED, {}, 100);
  const first = segment.poll();
  assert.equal(first, STATUS_OUTPUT_FULL);
  assert.deepEqual(
    taken(segment),
    [0, 1, 2, 3, 4, 5].map((value) => ({ value, time: value * 10 })),
  );
  assert.equal(segment.nextTimerMs, 200);
  clock.nowMs = 207;
  segment.timer(206n, { row: 0, step: 0 });
  assert.deepEqual(taken(segment), ["49"]);
  assert.equal(segment.nextTimerMs, 407);
  assert.equal(metrics.get(METRIC_CURRENT_WATERMARK), 49);
  pollToEnd(segment);
  clock.nowMs = 408;
  segment.timer(407n, { row: 0, step: 0 });
  assert.deepEqual(taken(segment), ["89"], "split a holds it");
});

test("a source without records goes idle; its end wakes it for the last watermark", async () => {
  const spec = { ...BOUNDED, idlenessMs: 300 };
  const { segment, clock } = await open([() => "nothing", () => "end"], spec);
  assert.equal(segment.poll(), STATUS_NEED_HOST);
  const said: Element[] = [];
  for (let ms = 200; ms <= 800; ms += 200) {
    clock.nowMs = ms;
    segment.timer(BigInt(ms), { row: 0, step: 0 });
    said.push(...taken(segment).map((element) => `${String(element)} at ${ms}`));
  }
  assert.deepEqual(said, ["idle at 600"]);
  assert.equal(segment.poll(), STATUS_DONE);
  segment.watermark(LONG_MAX, { row: 0, step: 0 });
  assert.deepEqual(taken(segment), ["active", String(LONG_MAX)]);
});

test("a watermark waits for a record that waits for another type", async () => {
  const polls: Scripted["polls"] = [
    (output) => {
      output.collect(1, 10);
      output.collect("two", 20);
      output.collect(4, 40);
      return "end";
    },
  ];
  const functions = {
    "src/generator": () => ({
      onEvent: (_: unknown, timestampMs: number, output: WatermarkOutput) =>
        output.emitWatermark(timestampMs),
      onPeriodicEmit: () => undefined,
    }),
  };
  const spec = { ...PUNCTUATED, assigner: false };
  const { segment } = await open(polls, spec, functions, 8, null);
  assert.deepEqual(pollToEnd(segment), [
    { value: 1, time: 10 },
    "10",
    { value: "two", time: 20 },
    "20",
    { value: 4, time: 40 },
    "40",
  ]);
});
