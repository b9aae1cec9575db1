import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from "../../../../../dataplane/functions/windows/session-windows.ts";
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
} from "../../../../../dataplane/functions/windows/sliding-windows.ts";
import {
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from "../../../../../dataplane/functions/windows/tumbling-windows.ts";
import {
  GlobalWindow,
  TimeWindow,
  windowOf,
} from "../../../../../dataplane/functions/windows/window.ts";
import type {
  WindowAssigner,
  WindowAssignerContext,
} from "../../../../../dataplane/functions/windows/window-assigner.ts";
import { WindowStagger } from "../../../../../dataplane/functions/windows/window-stagger.ts";
import { longOf } from "../../../../../dataplane/protocol/long.ts";
import { seeded } from "../../../../oracle/seeded.ts";
import { throwsCode } from "../../../control/throws-code.ts";

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;
const HOUR = 3_600_000;

function contextAt(nowMs: number, random = 0): WindowAssignerContext {
  return { getCurrentProcessingTime: () => nowMs, random: () => random };
}

function spans(
  assigner: WindowAssigner<unknown>,
  time: number | bigint,
  context = contextAt(0),
): (readonly [number, number])[] {
  return assigner
    .assignWindows(null, time as number, context)
    .map((window) => [(window as TimeWindow).start, (window as TimeWindow).end]);
}

test("tumbling windows are aligned with the epoch, below zero too, and shifted by their offset", () => {
  const cases: readonly (readonly [number, number | string, number | string, number])[] = [
    [-1, 0, 5, -5],
    [-5, 0, 5, -5],
    [-6, 0, 5, -10],
    [0, 0, 5, 0],
    [4, 0, 5, 0],
    [7, 2, 5, 7],
    [1, 2, 5, -3],
    [0, "-8 h", "1 d", -8 * HOUR],
    [1645844000, 0, 3000, 1645842000],
  ];
  for (const [time, offset, size, start] of cases) {
    const [window] = spans(TumblingEventTimeWindows.of(size, offset), time);
    assert.equal(window?.[0], start, `${time}, ${offset}, ${size}`);
  }
});

test("sliding windows come latest first, and leave gaps where the slide is above the size", () => {
  const of = (size: number, slide: number, time: number) =>
    spans(SlidingEventTimeWindows.of(size, slide), time);
  assert.deepEqual(of(10, 5, 7), [
    [5, 15],
    [0, 10],
  ]);
  assert.deepEqual(of(10, 5, 0), [
    [0, 10],
    [-5, 5],
  ]);
  assert.deepEqual(of(10, 5, -1), [
    [-5, 5],
    [-10, 0],
  ]);
  assert.deepEqual(of(10, 3, 7), [
    [6, 16],
    [3, 13],
    [0, 10],
  ]);
  assert.deepEqual(of(5, 10, 7), []);
  assert.deepEqual(of(5, 10, 3), [[0, 5]]);
});

/** Java's arithmetic, step by step. */
function javaWindows(time: bigint, size: bigint, slide: bigint, offset: bigint): unknown[] {
  const wrap = (value: bigint) => BigInt.asIntN(64, value);
  const remainder = wrap(time - offset) % slide;
  const found: unknown[] = [];
  let start = wrap(time - (remainder < 0n ? wrap(remainder + slide) : remainder));
  // Here Java's loop would not end.
  if (start > time && time - size >= LONG_MIN) return found;
  while (start > wrap(time - size)) {
    found.push([longOf(start), longOf(wrap(start + size))]);
    const next = wrap(start - slide);
    if (next > start) break; // Nor would it here.
    start = next;
  }
  return found;
}

test("assignment is that of 64-bit arithmetic for every time, in any order of times", () => {
  const near = (base: bigint) => fc.bigInt({ min: -200n, max: 200n }).map((by) => base + by);
  const time = fc
    .oneof(
      fc.bigInt({ min: LONG_MIN + 1n, max: LONG_MAX }),
      ...[0n, 2n ** 53n, -(2n ** 53n), LONG_MAX - 200n, LONG_MIN + 200n].map(near),
    )
    .filter((value) => value > LONG_MIN && value <= LONG_MAX);
  const sizes = fc
    .record({
      size: fc.integer({ min: 1, max: 90 }),
      slide: fc.integer({ min: 1, max: 90 }),
      shift: fc.integer({ min: -89, max: 89 }),
    })
    .map(({ size, slide, shift }) => ({ size, slide, offset: shift % slide }));
  const property = fc.property(
    sizes,
    fc.array(time, { minLength: 1, maxLength: 20 }),
    ({ size, slide, offset }, times) => {
      const assigner = SlidingEventTimeWindows.of(size, slide, offset);
      for (const one of times) {
        const expected = javaWindows(one, BigInt(size), BigInt(slide), BigInt(offset));
        assert.deepEqual(spans(assigner, longOf(one)), expected);
      }
    },
  );
  fc.assert(property, seeded(500));
});

test("neighbouring times get the very same windows", () => {
  const assigner = SlidingEventTimeWindows.of(10, 5);
  const at = (time: number) => assigner.assignWindows(null, time);
  const first = at(5);
  assert.equal(at(9), first);
  const next = at(10);
  assert.equal(next[1], first[0], "the window [5, 15) is known");
  assert.equal(at(7)[0], first[0]);
});

test("the window of the last time there is wraps around", () => {
  const [window] = TumblingEventTimeWindows.of(1000).assignWindows(
    null,
    LONG_MAX as unknown as number,
    contextAt(0),
  );
  assert.equal(window?.end, -9223372036854775616n);
  assert.equal(window?.maxTimestamp(), -9223372036854775617n);
});

test("event-time windows refuse records without a time; sessions take Long.MIN", () => {
  for (const assigner of [TumblingEventTimeWindows.of(5), SlidingEventTimeWindows.of(10, 5)]) {
    throwsCode("MR_RECORD_NO_TIMESTAMP", () => spans(assigner, LONG_MIN));
  }
  const [session] = spans(EventTimeSessionWindows.withGap(10), LONG_MIN);
  assert.deepEqual(session, [LONG_MIN, LONG_MIN + 10n]);
});

test("windows of processing time follow the clock", () => {
  const context = contextAt(12);
  assert.deepEqual(spans(TumblingProcessingTimeWindows.of(5), 999, context), [[10, 15]]);
  assert.deepEqual(spans(SlidingProcessingTimeWindows.of(10, 5), 999, context), [
    [10, 20],
    [5, 15],
  ]);
  assert.deepEqual(spans(ProcessingTimeSessionWindows.withGap("1 s"), 999, context), [[12, 1012]]);
});

test("a stagger shifts all windows of a subtask by the same part of their size", () => {
  const natural = TumblingProcessingTimeWindows.of(100, 0, WindowStagger.NATURAL);
  assert.deepEqual(spans(natural, 0, contextAt(1030)), [[1030, 1130]]);
  assert.deepEqual(spans(natural, 0, contextAt(1131)), [[1130, 1230]]);
  const random = TumblingEventTimeWindows.of(100, 10, WindowStagger.RANDOM);
  assert.deepEqual(spans(random, 500, contextAt(0, 0.5)), [[460, 560]]);
});

test("a dynamic gap is that of each record and has to be above 0", () => {
  const assigner = EventTimeSessionWindows.withDynamicGap({ extract: (gap: number) => gap });
  const gapped = (gap: number) => assigner.assignWindows(gap, 100)[0]?.end;
  assert.equal(gapped(7), 107);
  throwsCode("MR_WINDOW_GAP", () => gapped(0));
  throwsCode("MR_WINDOW_GAP", () => gapped(1.5));
});

test("arguments are checked, with Flink's words", () => {
  const message = (create: () => unknown) => throwsCode("MR_GRAPH_INVALID", create).message;
  assert.match(
    message(() => TumblingEventTimeWindows.of(5, 5)),
    /TumblingEventTimeWindows parameters must satisfy abs\(offset\) < size/,
  );
  assert.match(
    message(() => TumblingProcessingTimeWindows.of(0)),
    /TumblingProcessingTimeWindows parameters must satisfy abs\(offset\) < size/,
  );
  assert.match(
    message(() => SlidingEventTimeWindows.of(10, 5, -5)),
    /SlidingEventTimeWindows parameters must satisfy abs\(offset\) < slide and size > 0/,
  );
  message(() => SlidingProcessingTimeWindows.of(0, 5));
  message(() => SlidingEventTimeWindows.of("1000 d", 1));
  assert.match(
    message(() => EventTimeSessionWindows.withGap(0)),
    /EventTimeSessionWindows parameters must satisfy 0 < size/,
  );
  throwsCode("MR_FUNCTION_INVALID", () => TumblingEventTimeWindows.of("5 fortnights"));
});

test("a window's text names it, and is read back", () => {
  const far = new TimeWindow(LONG_MIN as unknown as number, -3);
  for (const window of [new TimeWindow(-5, 0), far, GlobalWindow.get()]) {
    const read = windowOf(window.text);
    assert.equal(String(read), String(window));
    assert.equal(read.maxTimestamp(), window.maxTimestamp());
  }
  assert.equal(String(new TimeWindow(0, 3000)), "TimeWindow{start=0, end=3000}");
});
