/** Windows that WebAssembly aggregates, by the public API, against the same program in JavaScript. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Mix64 } from "../../bench/mix64.ts";
import {
  type EngineOptions,
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
    name.includes("EventTimeWindows") ? [used] : [],
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

const TUMBLING = TumblingEventTimeWindows.of("1 s");
const SLIDING = SlidingEventTimeWindows.of("1 s", "250 ms");
/** A record is in 50 windows or 51. */
const FINE = SlidingEventTimeWindows.of("1010 ms", "20 ms");

for (const [name, aggregate] of [
  ["sum", (windowed: Windowed) => windowed.sum(1)],
  ["maxBy", (windowed: Windowed) => windowed.maxBy(1)],
  [
    "reduce",
    (windowed: Windowed) => windowed.reduce((a, b): Reading => [a[0], Math.max(a[1], b[1]), a[2]]),
  ],
] as const) {
  for (const windows of name === "reduce" ? [TUMBLING, SLIDING] : [TUMBLING, SLIDING, FINE]) {
    test(`${name} over ${windows.toString()} gives in WebAssembly what it gives in JavaScript`, async () => {
      const compiled = await run("auto", windows, aggregate);
      const reference = await run("js", windows, aggregate);
      assert.deepEqual(compiled.results, reference.results);
      assert.ok(compiled.results.length > 200);
      assert.deepEqual(compiled.engines, ["wasm"]);
      assert.deepEqual(reference.engines, ["js"]);
    });
  }
}
