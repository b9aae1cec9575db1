import assert from "node:assert/strict";
import { test } from "node:test";
import { ReducingStateDescriptor } from "../../../../../dataplane/functions/state.ts";
import { ContinuousProcessingTimeTrigger } from "../../../../../dataplane/functions/windows/continuous-trigger.ts";
import { CountTrigger } from "../../../../../dataplane/functions/windows/count-trigger.ts";
import { EventTimeTrigger } from "../../../../../dataplane/functions/windows/event-time-trigger.ts";
import { ProcessingTimeoutTrigger } from "../../../../../dataplane/functions/windows/processing-timeout-trigger.ts";
import { TimeWindow } from "../../../../../dataplane/functions/windows/window.ts";
import type {
  WindowAssignerSpec,
  WindowSpec,
} from "../../../../../dataplane/protocol/window-spec.ts";
import { OperatorHarness } from "../../../../window-fuzz/operator-harness.ts";
import { throwsCode } from "../../../control/throws-code.ts";

const TUMBLING: WindowAssignerSpec = {
  kind: "tumbling",
  time: "event",
  sizeMs: 10,
  offsetMs: 0,
  stagger: "ALIGNED",
};
const SESSION: WindowAssignerSpec = { kind: "session", time: "event", gapMs: 10 };
const GLOBAL: WindowAssignerSpec = { kind: "global", firesAtEnd: false };

const ELEMENTS = {
  window: (
    key: string,
    context: { window(): unknown },
    elements: Iterable<unknown>,
    out: { collect(record: unknown): void },
  ) => out.collect(`${key} ${context.window()} ${[...elements].join(",")}`),
};

async function harnessOf(
  spec: Partial<WindowSpec>,
  functions: Readonly<Record<string, unknown>> = {},
): Promise<OperatorHarness> {
  const window: WindowSpec = {
    assigner: TUMBLING,
    trigger: EventTimeTrigger.create().spec,
    evictor: null,
    allowedLatenessMs: 0,
    lateTag: null,
    fold: { kind: "elements" },
    call: "process",
    ...spec,
  };
  const harness = new OperatorHarness(window, { ...ELEMENTS, ...functions });
  await harness.open();
  return harness;
}

function records(harness: OperatorHarness): unknown[] {
  return harness.taken().map(({ record }) => record);
}

test("a continuous trigger of the clock on windows that are over fires once, not for ever", async () => {
  const trigger = ContinuousProcessingTimeTrigger.of(5).spec;
  const harness = await harnessOf({ trigger, allowedLatenessMs: 100 });
  harness.clock(1000);
  harness.record("a", 1, 3n);
  harness.clock(1001);
  assert.deepEqual(records(harness), ["a TimeWindow{start=0, end=10} 1"]);
  harness.record("a", 2, 4n);
  harness.clock(1002);
  assert.deepEqual(records(harness), ["a TimeWindow{start=0, end=10} 1,2"]);
});

test("a timeout may count from the last record, and the nested trigger go on behind it", async () => {
  const nested = CountTrigger.of(3);
  const of = (resets: boolean, clears: boolean) =>
    harnessOf({
      assigner: GLOBAL,
      trigger: ProcessingTimeoutTrigger.of(nested, 100, resets, clears).spec,
    });
  const resetting = await of(true, true);
  resetting.record("a", 1, null);
  resetting.clock(60);
  resetting.record("a", 2, null);
  resetting.clock(159);
  assert.deepEqual(records(resetting), []);
  resetting.clock(160);
  assert.deepEqual(records(resetting), ["a GlobalWindow 1,2"]);
  const counting = await of(false, false);
  counting.record("a", 1, null);
  counting.record("a", 2, null);
  counting.clock(100);
  counting.record("a", 3, null);
  assert.deepEqual(records(counting), ["a GlobalWindow 1,2", "a GlobalWindow 1,2,3"]);
});

test("sessions have no state of their own", async () => {
  const window = (_key: string, context: { windowState(): { getState(): void } }) =>
    context.windowState().getState();
  const harness = await harnessOf({ assigner: SESSION }, { window });
  harness.record("a", 1, 0n);
  throwsCode("MR_WINDOW_STATE", () => harness.watermark(100n));
});

test("windows of processing time that merge into one that is over end the job", async () => {
  const assigner = { kind: "session", time: "processing", gapMs: null } as const;
  const trigger = { kind: "processing-time" } as const;
  const harness = await harnessOf({ assigner, trigger }, { gap: (gap: number) => gap });
  harness.clock(-100);
  harness.record("a", 300, null);
  harness.clock(150);
  harness.record("a", 400, null);
  harness.clock(549);
  assert.deepEqual(records(harness), ["a TimeWindow{start=-100, end=550} 300,400"]);
  assert.equal(harness.stateEntries, 0);
});

test("a gap function that answers no gap is named", async () => {
  const assigner = { kind: "session", time: "event", gapMs: null } as const;
  const harness = await harnessOf({ assigner }, { gap: () => 0 });
  throwsCode("MR_WINDOW_GAP", () => harness.record("a", 1, 0n));
});

test("a trigger of the program has timers and state of its window, which merge", async () => {
  const count = new ReducingStateDescriptor<number>("records", (a, b) => a + b);
  const trigger = {
    onElement: (_element: unknown, _time: number, window: TimeWindow, ctx: Context) => {
      const state = ctx.getPartitionedState(count);
      state.add(1);
      ctx.registerEventTimeTimer(window.maxTimestamp());
      return state.get() === 3 ? "FIRE_AND_PURGE" : "CONTINUE";
    },
    onEventTime: (time: number, window: TimeWindow) =>
      time === window.maxTimestamp() ? "FIRE" : "CONTINUE",
    onProcessingTime: () => "CONTINUE",
    onMerge: (window: TimeWindow, ctx: Context) => {
      ctx.mergePartitionedState(count);
      ctx.registerEventTimeTimer(window.maxTimestamp());
    },
    clear: (_window: TimeWindow, ctx: Context) => ctx.getPartitionedState(count).clear(),
  };
  const harness = await harnessOf({ assigner: SESSION, trigger: { kind: "custom" } }, { trigger });
  harness.record("a", 1, 0n);
  harness.record("a", 2, 20n);
  harness.record("a", 3, 10n);
  // Of windows that merge, the one goes on that comes first in a Java HashSet.
  assert.deepEqual(records(harness), ["a TimeWindow{start=0, end=30} 2,1,3"]);
  harness.record("a", 4, 12n);
  harness.watermark(29n);
  assert.deepEqual(records(harness), ["a TimeWindow{start=0, end=30} 4"]);
  harness.watermark(2n ** 63n - 1n);
  assert.equal(harness.stateEntries, 0);
});

interface Context {
  registerEventTimeTimer(time: number): void;
  getPartitionedState(descriptor: unknown): { add(n: number): void; get(): number; clear(): void };
  mergePartitionedState(descriptor: unknown): void;
}

test("what a trigger of the program throws, or answers wrongly, is explained", async () => {
  const of = (onElement: () => unknown) =>
    harnessOf(
      { trigger: { kind: "custom" } },
      {
        trigger: {
          onElement,
          onEventTime: () => "CONTINUE",
          onProcessingTime: () => "CONTINUE",
          onMerge: () => undefined,
          clear: () => undefined,
        },
      },
    );
  const throwing = await of(() => {
    throw new Error("no");
  });
  throwsCode("MR_FUNCTION_THREW", () => throwing.record("a", 1, 0n));
  const wrong = await of(() => "EXPLODE");
  throwsCode("MR_FUNCTION_INVALID", () => wrong.record("a", 1, 0n));
});

test("an assigner of the program may give any windows of time, and nothing else", async () => {
  const assigned = (windows: unknown) =>
    harnessOf(
      { assigner: { kind: "custom" } },
      { assigner: { assignWindows: () => windows, isEventTime: () => true } },
    );
  const harness = await assigned([new TimeWindow(0, 5), new TimeWindow(3, 8)]);
  harness.record("a", 1, 4n);
  harness.watermark(7n);
  assert.deepEqual(records(harness), [
    "a TimeWindow{start=0, end=5} 1",
    "a TimeWindow{start=3, end=8} 1",
  ]);
  const wrong = await assigned([{ start: 0, end: 5 }]);
  throwsCode("MR_FUNCTION_INVALID", () => wrong.record("a", 1, 4n));
});

test("an evictor of the program takes elements out before and after the function", async () => {
  const evictor = {
    evictBefore: (elements: { value: number; timestamp: number }[]) => {
      elements.splice(0, elements.length, ...elements.filter(({ value }) => value % 2 === 0));
    },
    evictAfter: (elements: unknown[]) => elements.splice(0, 1),
  };
  const spec = { assigner: GLOBAL, trigger: CountTrigger.of(2).spec };
  const harness = await harnessOf({ ...spec, evictor: { kind: "custom" } }, { evictor });
  for (const value of [1, 2, 4, 6, 3, 5]) harness.record("a", value, BigInt(value));
  assert.deepEqual(records(harness), [
    "a GlobalWindow 2",
    "a GlobalWindow 4,6",
    "a GlobalWindow 6",
  ]);
  assert.equal(harness.stateEntries, 0, "an empty window is no state");
});

test("a fold behind an evictor is that of the elements left; aggregates also of none", async () => {
  const evictor = { kind: "count", count: 0, evictsAfter: false } as const;
  const trigger = CountTrigger.of(1).spec;
  const fn = {
    createAccumulator: () => 0,
    add: (value: number, sum: number) => sum + value,
    getResult: (sum: number) => `sum ${sum}`,
    merge: (a: number, b: number) => a + b,
  };
  const spec = { assigner: GLOBAL, trigger, evictor, call: null } as const;
  const aggregate = await harnessOf({ ...spec, fold: { kind: "aggregate" } }, { fn });
  aggregate.record("a", 5, null);
  assert.deepEqual(records(aggregate), ["sum 0"]);
  const reduce = await harnessOf({ ...spec, fold: { kind: "reduce" } }, { fn: Math.max });
  reduce.record("a", 5, null);
  assert.deepEqual(records(reduce), []);
  const last = { ...spec, evictor: { ...evictor, count: 2 }, trigger: CountTrigger.of(3).spec };
  const two = await harnessOf({ ...last, fold: { kind: "reduce" } }, { fn: Math.min });
  for (const value of [1, 3, 2]) two.record("a", value, null);
  assert.deepEqual(records(two), [2]);
});

test("a result of null is left out; one of undefined is a mistake", async () => {
  const of = (result: unknown) =>
    harnessOf(
      { fold: { kind: "aggregate" }, call: null },
      {
        fn: {
          createAccumulator: () => 0,
          add: () => 0,
          getResult: () => result,
          merge: () => 0,
        },
      },
    );
  const nothing = await of(null);
  nothing.record("a", 1, 0n);
  nothing.watermark(9n);
  assert.deepEqual(records(nothing), []);
  const forgotten = await of(undefined);
  forgotten.record("a", 1, 0n);
  throwsCode("MR_RECORD_NULL", () => forgotten.watermark(9n));
});

test("records of one key do not touch the windows of another, whatever its name", async () => {
  const harness = await harnessOf({});
  for (const key of ["", "__proto__", "0,10"]) harness.record(key, key.length, 1n);
  harness.watermark(9n);
  assert.deepEqual(records(harness).sort(), [
    " TimeWindow{start=0, end=10} 0",
    "0,10 TimeWindow{start=0, end=10} 4",
    "__proto__ TimeWindow{start=0, end=10} 9",
  ]);
});

test("sessions that are over by 64-bit arithmetic once they merge end the job, as in Flink", async () => {
  const harness = await harnessOf({ assigner: SESSION, allowedLatenessMs: 5000 });
  const time = 2n ** 63n - 1000n;
  harness.watermark(0n);
  harness.record("a", 1, time);
  const error = throwsCode("MR_WINDOW_MERGE", () => harness.record("a", 2, time + 5n));
  assert.match(
    error.message,
    /The end timestamp of an event-time window cannot become earlier than the current watermark by merging/,
  );
});
