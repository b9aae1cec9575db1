/** Broadcast state: who may do what with it, and what becomes of it in snapshots. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BroadcastContext,
  type BroadcastProcessFunctionOf,
  type BroadcastState,
  type Collector,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  ListStateDescriptor,
  MapStateDescriptor,
  type ReadOnlyBroadcastContext,
  ValueStateDescriptor,
} from "../../../../../control/index.ts";
import type { BatchType, OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import type { StreamElement } from "../../../../conformance/operator.ts";
import { SegmentOperator } from "../../../../conformance/segment-operator.ts";
import { rejectsCode } from "../../../control/throws-code.ts";

type Row = readonly [key: string, value: number];
type KeyedReading = KeyedReadOnlyBroadcastContext<string>;
type KeyedWriting = KeyedBroadcastContext<string>;
type Functions<R, W> = BroadcastProcessFunctionOf<R, W, R, Row, Row, string>;

const ROWS: BatchType = {
  record: { kind: "TUPLE", fields: [{ kind: "STRING" }, { kind: "INT" }] },
  key: null,
};
const LIMITS = new MapStateDescriptor<string, number>("limits");
const COUNT = new ValueStateDescriptor<number>("count");

interface Subtask {
  readonly subtaskIndex: number;
  readonly parallelism: number;
}

const ONLY: Subtask = { subtaskIndex: 0, parallelism: 1 };

function operatorOf(
  fn: Functions<never, never> | object,
  isKeyed: boolean,
  subtask = ONLY,
): SegmentOperator {
  const key = isKeyed ? ({ kind: "fields", fields: [0] } as const) : null;
  const spec: OperatorSpec = {
    id: "broadcast",
    name: "Co-Process-Broadcast",
    kind: "broadcast",
    engine: "js",
    input: null,
    inputType: ROWS,
    outputType: { record: { kind: "STRING" }, key: null },
    inputs: [
      { type: ROWS, key },
      { type: ROWS, key: null },
    ],
    states: [LIMITS.name],
  };
  return new SegmentOperator({ spec, createFunction: () => fn, ...subtask, maxParallelism: 128 });
}

const row = (...value: Row): StreamElement => ({ kind: "record", value, timestamp: 5n });

function texts(elements: readonly StreamElement[]): string[] {
  return elements.flatMap((element) => (element.kind === "record" ? [String(element.value)] : []));
}

/** Emits the limits on input 0; sets one on input 1, and counts the records of each key. */
const limits: Functions<ReadOnlyBroadcastContext, BroadcastContext> = {
  processElement([key], ctx, out) {
    const entries = [...ctx.getBroadcastState(LIMITS).immutableEntries()];
    out.collect(`${key}: ${entries.map(([name, limit]) => `${name}<${limit}`).join(" ")}`);
  },
  processBroadcastElement([name, limit], ctx) {
    ctx.getBroadcastState(LIMITS).put(name, limit);
  },
};

test("broadcast state is written by one input and read by the other", async () => {
  for (const isKeyed of [true, false]) {
    const operator = operatorOf(limits, isKeyed);
    await operator.open();
    try {
      assert.deepEqual(texts(await operator.process(row("a", 1), 0)), ["a: "]);
      await operator.process(row("x", 7), 1);
      await operator.process(row("y", 8), 1);
      await operator.process(row("x", 9), 1);
      assert.deepEqual(texts(await operator.process(row("b", 1), 0)), ["b: x<9 y<8"]);
    } finally {
      await operator.close();
    }
  }
});

test("every subtask gets a whole copy when the parallelism changes, both ways", async () => {
  for (const isKeyed of [true, false]) {
    const before = [0, 1].map((subtaskIndex) =>
      operatorOf(limits, isKeyed, { subtaskIndex, parallelism: 2 }),
    );
    for (const operator of before) {
      await operator.open();
      await operator.process(row("x", 1), 1);
      await operator.process(row("y", 2), 1);
    }
    const snapshots = before.map((operator) => operator.snapshot());
    for (const operator of before) await operator.close();
    for (const parallelism of [1, 2, 5]) {
      for (let subtaskIndex = 0; subtaskIndex < parallelism; ++subtaskIndex) {
        const after = operatorOf(limits, isKeyed, { subtaskIndex, parallelism });
        await after.open();
        after.restore(snapshots);
        assert.deepEqual(texts(await after.process(row("a", 1), 0)), ["a: x<1 y<2"]);
        await after.close();
      }
    }
  }
});

test("a snapshot holds broadcast state as it was when it was frozen", async () => {
  const operator = operatorOf(limits, true);
  await operator.open();
  await operator.process(row("x", 1), 1);
  const snapshot = operator.snapshot();
  await operator.process(row("x", 2), 1);
  await operator.close();
  const restored = operatorOf(limits, true);
  await restored.open();
  restored.restore([snapshot]);
  assert.deepEqual(texts(await restored.process(row("a", 1), 0)), ["a: x<1"]);
  await restored.close();
});

test("applyToKeyedState() visits each key that has the state, and may change it", async () => {
  class Counting extends KeyedBroadcastProcessFunction<string, Row, Row, string> {
    processElement(_: Row, ctx: KeyedReading, out: Collector<string>): void {
      const count = this.getRuntimeContext().getState(COUNT);
      count.update((count.value() ?? 0) + 1);
      out.collect(`${ctx.getCurrentKey()} ${count.value()}`);
    }

    processBroadcastElement([, by]: Row, ctx: KeyedWriting, out: Collector<string>): void {
      ctx.getBroadcastState(LIMITS).put("last", by);
      ctx.applyToKeyedState(COUNT, (key, count) => {
        out.collect(
          `${key} was ${count.value()}, limits ${ctx.getBroadcastState(LIMITS).get("last")}`,
        );
        if (by === 0) count.clear();
        else count.update(by);
      });
      ctx.applyToKeyedState(new ListStateDescriptor<number>("nothing"), () => out.collect("?"));
    }
  }
  const operator = operatorOf(new Counting(), true);
  await operator.open();
  try {
    for (const key of ["a", "b", "a"]) await operator.process(row(key, 1), 0);
    const visited = texts(await operator.process(row("", 10), 1));
    assert.deepEqual(visited.sort(), ["a was 2, limits 10", "b was 1, limits 10"]);
    assert.deepEqual(texts(await operator.process(row("a", 1), 0)), ["a 11"]);
    await operator.process(row("", 0), 1);
    assert.deepEqual(texts(await operator.process(row("", 3), 1)), []);
  } finally {
    await operator.close();
  }
});

test("what is not allowed says why", async () => {
  const code = async (
    expected: Parameters<typeof rejectsCode>[0],
    which: number,
    method: (ctx: KeyedReading & KeyedWriting) => unknown,
    isKeyed = true,
  ): Promise<string> => {
    const call = (_: Row, ctx: unknown): void => {
      method(ctx as KeyedReading & KeyedWriting);
    };
    const operator = operatorOf({ processElement: call, processBroadcastElement: call }, isKeyed);
    await operator.open();
    try {
      return (await rejectsCode(expected, operator.process(row("a", 1), which))).message;
    } finally {
      await operator.close();
    }
  };
  const writable = (ctx: KeyedReading): BroadcastState<string, number> =>
    ctx.getBroadcastState(LIMITS) as BroadcastState<string, number>;
  for (const write of [
    (ctx: KeyedReading) => writable(ctx).put("x", 1),
    (ctx: KeyedReading) => writable(ctx).putAll([["x", 1]]),
    (ctx: KeyedReading) => writable(ctx).remove("x"),
    (ctx: KeyedReading) => writable(ctx).clear(),
  ]) {
    assert.match(await code("MR_BROADCAST_READ_ONLY", 0, write), /limits is read-only/);
  }
  const other = new MapStateDescriptor<string, number>("other");
  for (const which of [0, 1]) {
    const message = await code("MR_BROADCAST_STATE_UNKNOWN", which, (ctx) =>
      ctx.getBroadcastState(other),
    );
    assert.match(message, /requested state does not exist.*other/);
  }
  assert.match(
    await code("MR_BROADCAST_NO_KEY", 1, (ctx) => ctx.timerService()),
    /timers cannot be used in processBroadcastElement\(\)/,
  );
  await code("MR_BROADCAST_NO_KEY", 1, (ctx) => ctx.getCurrentKey());
  await code("MR_STATE_NOT_KEYED", 1, (ctx) => ctx.applyToKeyedState(COUNT, () => {}), false);
  await code("MR_STATE_NOT_KEYED", 0, (ctx) => ctx.getCurrentKey(), false);
  await code(
    "MR_TIMERS_NOT_KEYED",
    0,
    (ctx) => ctx.timerService().registerEventTimeTimer(1),
    false,
  );
  await code("MR_FUNCTION_INVALID", 1, (ctx) => ctx.applyToKeyedState({} as never, () => {}));
});

test("timers of keyed records fire with read-only broadcast state", async () => {
  const operator = operatorOf(
    {
      processElement: (_: Row, ctx: KeyedReading) => {
        ctx.timerService().registerEventTimeTimer((ctx.timestamp() ?? 0) + 1);
      },
      processBroadcastElement: limits.processBroadcastElement,
      onTimer(time: number, ctx: KeyedReading, out: Collector<string>) {
        const limit = ctx.getBroadcastState(LIMITS).get("x");
        out.collect(`${ctx.getCurrentKey()}@${time} ${limit} ${ctx.currentWatermark()}`);
      },
    },
    true,
  );
  await operator.open();
  try {
    await operator.process(row("a", 1), 0);
    await operator.process(row("x", 4), 1);
    const fired = await operator.process({ kind: "watermark", timestamp: 9n });
    assert.deepEqual(texts(fired), ["a@6 4 9"]);
  } finally {
    await operator.close();
  }
});
