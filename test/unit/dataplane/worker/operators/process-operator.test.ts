import assert from "node:assert/strict";
import { test } from "node:test";
import type { Collector } from "../../../../../dataplane/functions/collector.ts";
import { OutputTag } from "../../../../../dataplane/functions/output-tag.ts";
import {
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  KeyedProcessFunction,
} from "../../../../../dataplane/functions/process.ts";
import { RichMapFunction } from "../../../../../dataplane/functions/rich-function.ts";
import { type ValueState, ValueStateDescriptor } from "../../../../../dataplane/functions/state.ts";
import type { OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { Segment } from "../../../../../dataplane/worker/segment.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  drive,
  INT,
  processBatch,
  readRows,
  STRING,
  type TimedRow,
  tuple,
} from "./harness.ts";

const PAIR = tuple(STRING, INT);
const SIDE = new OutputTag<unknown>("side");

type Pair = [string, number];
type Context = KeyedProcessContext<string>;
type Form = Extract<OperatorSpec, { kind: "process" }>["form"];

interface Options {
  readonly keyed?: boolean;
  readonly form?: Form;
  readonly outputRows?: number;
}

interface Fixture {
  readonly segment: Segment;
  feed(...rows: readonly TimedRow[]): Promise<TimedRow[]>;
  side(): readonly TimedRow[];
}

/** A process operator of rows of a string and a number, keyed by the string; open. */
async function create(fn: unknown, options: Options = {}): Promise<Fixture> {
  const { keyed = true, form = "process", outputRows } = options;
  const spec: OperatorSpec = {
    id: "p",
    name: "process",
    kind: "process",
    form,
    engine: "js",
    input: null,
    inputType: batchType(PAIR),
    outputType: null,
    sideOutputs: [{ tag: SIDE.id, type: null }],
    key: keyed ? { kind: "fields", fields: [0] } : null,
  };
  const { context, memory } = await createHarness({ "p/fn": fn }, [spec]);
  const [node] = createSegments(context, outputRows === undefined ? {} : { outputRows });
  assert.ok(node !== undefined);
  const { segment } = node;
  await segment.open();
  return {
    segment,
    async feed(...rows) {
      const batch = buildBatch(memory, rows, batchType(PAIR));
      const output = await processBatch(segment, batch);
      batch.dispose();
      return output;
    },
    side: () => {
      const builder = segment.outputs[1]?.builder ?? null;
      return builder === null ? [] : readRows(builder);
    },
  };
}

const row = (key: string, n: number, timestampMs: TimedRow["timestampMs"] = null): TimedRow => ({
  value: [key, n],
  timestampMs,
});

test("records carry the input's time; to side outputs Long.MIN goes for none", async () => {
  const { feed, side } = await create((value: Pair, ctx: Context, out: Collector<unknown>) => {
    out.collect([value[0], ctx.timestamp()]);
    ctx.output(SIDE, value[1]);
    ctx.output(new OutputTag("nobody reads it"), value[1]);
  });
  assert.deepEqual(await feed(row("a", 1, 7), row("b", 2)), [
    { value: ["a", 7], timestampMs: 7 },
    { value: ["b", null], timestampMs: null },
  ]);
  assert.deepEqual(side(), [
    { value: 1, timestampMs: 7 },
    { value: 2, timestampMs: -(2n ** 63n) },
  ]);
});

class Timers extends KeyedProcessFunction<string, Pair, unknown> {
  processElement([, n]: Pair, ctx: Context): void {
    ctx.timerService().registerEventTimeTimer(n);
    ctx.timerService().registerProcessingTimeTimer(n);
  }

  override onTimer(time: number, ctx: KeyedOnTimerContext<string>, out: Collector<unknown>): void {
    out.collect([ctx.getCurrentKey(), ctx.timeDomain(), time, ctx.timestamp()]);
    ctx.output(SIDE, ctx.timeDomain());
  }
}

test("what timers put out has their time; of processing time only in side outputs, as in Flink", async () => {
  const { segment, feed, side } = await create(new Timers());
  await feed(row("a", 5));
  const event = await drive(segment, (cursor) => segment.watermark(5n, cursor));
  assert.deepEqual(event, [{ value: ["a", "EVENT_TIME", 5, 5], timestampMs: 5 }]);
  const processing = await drive(segment, (cursor) => segment.timer(5n, cursor));
  assert.deepEqual(processing, [{ value: ["a", "PROCESSING_TIME", 5, 5], timestampMs: null }]);
  assert.deepEqual(side(), [
    { value: "EVENT_TIME", timestampMs: 5 },
    { value: "PROCESSING_TIME", timestampMs: 5 },
  ]);
});

test("more timers and records than the outputs take come out whole and in order", async () => {
  const { segment, feed } = await create(
    {
      processElement: ([, n]: Pair, ctx: Context) => ctx.timerService().registerEventTimeTimer(n),
      onTimer: (time: number, _: unknown, out: Collector<number>) => {
        for (let i = 0; i < 3; ++i) out.collect(time * 10 + i);
      },
    },
    { outputRows: 2 },
  );
  await feed(row("a", 2), row("b", 1), row("a", 3));
  const rows = await drive(segment, (cursor) => segment.watermark(9n, cursor));
  assert.deepEqual(
    rows.map(({ value }) => value),
    [10, 11, 12, 20, 21, 22, 30, 31, 32],
  );
});

test("a timer beyond 2^53 - 1 is a bigint", async () => {
  const late = 2n ** 53n + 1n;
  const { segment, feed } = await create({
    processElement: (_: Pair, ctx: Context) =>
      ctx.timerService().registerEventTimeTimer(late as never),
    onTimer: (time: unknown, _: unknown, out: Collector<unknown>) => out.collect(time),
  });
  await feed(row("a", 1));
  const rows = await drive(segment, (cursor) => segment.watermark(late, cursor));
  assert.deepEqual(rows, [{ value: late, timestampMs: late }]);
});

test("timers, keys and state need a keyed stream, and say so in Flink's words", async () => {
  const found: (readonly [code: string, text: string])[] = [];
  const note = (action: () => unknown): void => {
    try {
      action();
    } catch (error) {
      assert.ok(error instanceof EngineError);
      found.push([error.code, error.message]);
    }
  };
  const fn = {
    open(context: { getState(descriptor: ValueStateDescriptor<number>): unknown }) {
      note(() => context.getState(new ValueStateDescriptor<number>("v")));
    },
    processElement(_: Pair, ctx: Context) {
      note(() => ctx.timerService().registerEventTimeTimer(1));
      note(() => ctx.timerService().deleteProcessingTimeTimer(1));
      note(() => ctx.getCurrentKey());
    },
  };
  await (await create(fn, { keyed: false })).feed(row("a", 1));
  const expected: readonly (readonly [code: string, text: RegExp])[] = [
    ["MR_STATE_NOT_KEYED", /getState\(\) needs a keyed stream/],
    ["MR_TIMERS_NOT_KEYED", /Setting timers is only supported on a keyed streams\./],
    ["MR_TIMERS_NOT_KEYED", /Deleting timers is only supported on a keyed streams\./],
    ["MR_STATE_NOT_KEYED", /getCurrentKey\(\) needs a keyed stream/],
  ];
  assert.deepEqual(
    found.map(([code]) => code),
    expected.map(([code]) => code),
  );
  for (const [index, [, text]] of expected.entries()) assert.match(found[index]?.[1] ?? "", text);
});

test("what is no time, no tag or no record is refused", async () => {
  const calls: readonly (readonly [string, (ctx: Context, out: Collector<unknown>) => void])[] = [
    ["MR_FUNCTION_INVALID", (ctx) => ctx.timerService().registerEventTimeTimer(0.5)],
    ["MR_FUNCTION_INVALID", (ctx) => ctx.timerService().deleteEventTimeTimer(2 ** 60)],
    ["MR_FUNCTION_INVALID", (ctx) => ctx.output("side" as never, 1)],
    ["MR_RECORD_NULL", (_, out) => out.collect(null)],
    ["MR_RECORD_NULL", (ctx) => ctx.output(SIDE, undefined)],
  ];
  for (const [code, call] of calls) {
    const { feed } = await create((_: Pair, ctx: Context, out: Collector<unknown>) => {
      call(ctx, out);
    });
    await assert.rejects(feed(row("a", 1)), { code });
  }
});

test("a failure to put out ends the job, even if the function catches it", async () => {
  const { feed } = await create((_: Pair, __: Context, out: Collector<unknown>) => {
    try {
      out.collect(null);
    } catch {
      // As a careless program may.
    }
  });
  await assert.rejects(feed(row("a", 1)), { code: "MR_RECORD_NULL" });
});

test("functions are synchronous, and put out before they return", async () => {
  const { feed } = await create(async () => {});
  await assert.rejects(feed(row("a", 1)), { code: "MR_FUNCTION_ASYNC" });
  const kept: Collector<unknown>[] = [];
  const other = await create((_: Pair, __: Context, out: Collector<unknown>) => {
    kept.push(out);
  });
  await other.feed(row("a", 1));
  assert.throws(() => kept[0]?.collect(1), { code: "MR_FUNCTION_INVALID" });
});

test("what a function throws names the record, or the time of the timer", async () => {
  const boom = (): never => {
    throw new RangeError("boom");
  };
  const { feed } = await create(boom);
  await assert.rejects(feed(row("a", 41)), /the function threw .* on \[ 'a', 41 \]: boom/);
  const { segment, feed: register } = await create({
    processElement: ([, n]: Pair, ctx: Context) => ctx.timerService().registerEventTimeTimer(n),
    onTimer: boom,
  });
  await register(row("a", 41));
  const fire = drive(segment, (cursor) => segment.watermark(41n, cursor));
  await assert.rejects(fire, /the function threw .* on 41: boom/);
});

class Difference extends RichMapFunction<Pair, Pair> {
  #last: ValueState<number> | null = null;

  override open(): void {
    this.#last = this.getRuntimeContext().getState(new ValueStateDescriptor<number>("last"));
  }

  map([key, n]: Pair): Pair {
    const last = this.#last?.value() ?? n;
    this.#last?.update(n);
    return [key, n - last];
  }
}

test("a rich map has the state of the key", async () => {
  const { feed } = await create(new Difference(), { form: "map" });
  const rows = await feed(row("a", 1, 5), row("b", 10), row("a", 4), row("b", 7));
  assert.deepEqual(rows, [
    { value: ["a", 0], timestampMs: 5 },
    { value: ["b", 0], timestampMs: null },
    { value: ["a", 3], timestampMs: null },
    { value: ["b", -3], timestampMs: null },
  ]);
});

test("rich filters answer booleans, rich flatMaps iterables or nothing", async () => {
  const even = await create({ filter: ([, n]: Pair) => n % 2 === 0 }, { form: "filter" });
  assert.equal((await even.feed(row("a", 1), row("a", 2))).length, 1);
  const text = await create({ filter: () => "yes" }, { form: "filter" });
  await assert.rejects(text.feed(row("a", 1)), { code: "MR_FILTER_NOT_BOOLEAN" });
  const both = {
    *flatMap([, n]: Pair, out: Collector<number>): Generator<number> {
      out.collect(n);
      yield n + 1;
    },
  };
  const flat = await create(both, { form: "flatMap" });
  assert.deepEqual(
    (await flat.feed(row("a", 1))).map(({ value }) => value),
    [1, 2],
  );
  for (const form of ["map", "filter", "flatMap"] as const) {
    const { feed } = await create({ [form]: async () => true }, { form });
    await assert.rejects(feed(row("a", 1)), { code: "MR_FUNCTION_ASYNC" });
  }
});

test("the runtime context is there from open() on", () => {
  assert.throws(() => new Difference().getRuntimeContext(), { code: "MR_FUNCTION_INVALID" });
});
