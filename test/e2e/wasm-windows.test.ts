/** Windows that WebAssembly aggregates, by the public API, against the same program in JavaScript. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Mix64 } from "../../bench/mix64.ts";
import {
  type AggregateFunction,
  type EngineOptions,
  EventTimeSessionWindows,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  type TimeWindow,
  TumblingEventTimeWindows,
  Types,
  WatermarkStrategy,
  type WindowedStream,
} from "../../control/index.ts";

type Reading = [sensor: string, value: number, time: number];
type Windowed = WindowedStream<Reading, string, TimeWindow>;

const READINGS = readings(5000);

/** Up to 200 ms out of order, some of them late. */
function readings(count: number): Reading[] {
  const random = new Mix64();
  return Array.from({ length: count }, (_, index): Reading => {
    random.high = 0;
    random.low = index + 1;
    random.mix();
    return [`sensor ${random.high % 50}`, random.low % 100, index * 3 - (random.low % 200)];
  });
}

async function run(
  engine: EngineOptions["engine"],
  windows: Parameters<ReturnType<typeof keyed>["window"]>[0],
  aggregate: (windowed: Windowed) => ReturnType<Windowed["sum"]>,
): Promise<{ readonly results: string[]; readonly engines: readonly string[] }> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    execution: "in-process",
    // Which record of a window came first shows in its result: one subtask, one order.
    parallelism: 1,
    engine: engine ?? "auto",
    tiering: false,
  });
  const results: string[] = [];
  aggregate(keyed(env).window(windows))
    .addSink((row) => {
      results.push(JSON.stringify(row));
    })
    .setParallelism(1);
  const { summary } = await env.execute();
  const engines = summary.operators.flatMap(({ name, engine: used }) =>
    /EventTime(Session)?Windows/.test(name) ? [used] : [],
  );
  return { results: results.sort(), engines };
}

function keyed(env: StreamExecutionEnvironment) {
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Reading>("100 ms");
  return env
    .fromCollection(READINGS, Types.TUPLE(Types.STRING, Types.INT, Types.LONG))
    .assignTimestampsAndWatermarks(strategy.withTimestampAssigner(([, , time]) => time))
    .keyBy((reading) => reading[0]);
}

const LATEST: AggregateFunction<Reading, [number, string, number], Reading> = {
  createAccumulator: () => [-1, "", 0],
  add: ([sensor, value, time], [last, , sum]) => [Math.max(last, time), sensor, sum + value],
  getResult: ([last, sensor, sum]) => [sensor, sum, last],
  merge: (a, b) => [Math.max(a[0], b[0]), a[1], a[2] + b[2]],
};

interface Mean {
  sensor: string | null;
  count: number;
  sum: number;
  least: number | null;
}

const MEAN: AggregateFunction<Reading, Mean, Reading> = {
  createAccumulator() {
    return { sensor: null, count: 0, sum: 0, least: null };
  },
  add(reading, mean) {
    mean.sensor = reading[0];
    mean.count += 1;
    mean.sum += reading[1] / 3;
    if (mean.least === null || reading[1] < mean.least) mean.least = reading[1];
    return mean;
  },
  getResult(mean) {
    return [mean.sensor ?? "", mean.sum / mean.count, mean.least ?? 0];
  },
  merge(a, b) {
    a.count += b.count;
    a.sum += b.sum;
    return a;
  },
};

const TUMBLING = TumblingEventTimeWindows.of("1 s");
const SLIDING = SlidingEventTimeWindows.of("1 s", "250 ms");
/** A record is in 50 windows or 51. */
const FINE = SlidingEventTimeWindows.of("1010 ms", "20 ms");
const SESSION = EventTimeSessionWindows.withGap("150 ms");

for (const [name, aggregate] of [
  ["sum", (windowed: Windowed) => windowed.sum(1)],
  ["maxBy", (windowed: Windowed) => windowed.maxBy(1)],
  [
    "reduce",
    (windowed: Windowed) => windowed.reduce((a, b): Reading => [a[0], Math.max(a[1], b[1]), a[2]]),
  ],
  ["aggregate", (windowed: Windowed) => windowed.aggregate(LATEST)],
  ["aggregate with a changed accumulator", (windowed: Windowed) => windowed.aggregate(MEAN)],
] as const) {
  const finest = name === "reduce" ? [] : [FINE];
  for (const windows of [TUMBLING, SLIDING, SESSION, ...finest]) {
    test(`${name} over ${windows.toString()} gives in WebAssembly what it gives in JavaScript`, async () => {
      const compiled = await run("auto", windows, aggregate);
      const reference = await run("js", windows, aggregate);
      assert.deepEqual(compiled.results, reference.results);
      assert.ok(compiled.results.length > 200);
      assert.deepEqual(new Set(compiled.engines), new Set(["wasm"]));
      assert.deepEqual(reference.engines, ["js"]);
    });
  }
}
