/** Windows by the public API, in-process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AggregateFunction,
  type Collector,
  CountTrigger,
  DeltaTrigger,
  type EngineOptions,
  EventTimeSessionWindows,
  type GlobalWindows,
  ProcessWindowFunction,
  PurgingTrigger,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TimeCharacteristic,
  TumblingEventTimeWindows,
  Types,
  WatermarkStrategy,
} from "../../control/index.ts";
import { rejectsCode, throwsCode } from "../unit/control/throws-code.ts";

type Click = readonly [user: string, time: number];

const CLICKS: readonly Click[] = [
  ["a", 1],
  ["b", 2],
  ["a", 4],
  ["a", 12],
  ["b", 27],
];

function environment(options: EngineOptions = {}): StreamExecutionEnvironment {
  return StreamExecutionEnvironment.getExecutionEnvironment({
    execution: "in-process",
    parallelism: 2,
    ...options,
  });
}

function clicks(env: StreamExecutionEnvironment) {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<Click>();
  return env
    .fromCollection(CLICKS, Types.TUPLE(Types.STRING, Types.LONG))
    .assignTimestampsAndWatermarks(strategy.withTimestampAssigner(([, time]) => time));
}

async function collected(rows: AsyncIterable<unknown>): Promise<string[]> {
  const texts: string[] = [];
  for await (const row of rows) texts.push(JSON.stringify(row));
  return texts.sort();
}

const count: AggregateFunction<unknown, number, number> = {
  createAccumulator: () => 0,
  add: (_, sum) => sum + 1,
  getResult: (sum) => sum,
  merge: (a, b) => a + b,
};

test("tumbling, sliding and session windows of a key, folded and given to functions", async () => {
  const keyed = () => clicks(environment()).keyBy(0);
  const maxima = keyed().window(TumblingEventTimeWindows.of(10)).max(1);
  assert.deepEqual(await collected(maxima.executeAndCollect()), [
    '["a",12]',
    '["a",4]',
    '["b",27]',
    '["b",2]',
  ]);
  const counts = keyed()
    .window(SlidingEventTimeWindows.of(20, 10))
    .aggregate(count, (user, context, [sum], out: Collector<string>) =>
      out.collect(`${user} ${context.window().start} ${sum}`),
    );
  assert.deepEqual(await collected(counts.executeAndCollect()), [
    '"a -10 2"',
    '"a 0 3"',
    '"a 10 1"',
    '"b -10 1"',
    '"b 0 1"',
    '"b 10 1"',
    '"b 20 1"',
  ]);
  class Visits extends ProcessWindowFunction<Click, string, string> {
    process(
      user: string,
      context: Parameters<ProcessWindowFunction<Click, string, string>["process"]>[1],
      visits: Iterable<Click>,
      out: Collector<string>,
    ): void {
      const { start, end } = context.window();
      out.collect(`${user} ${start}-${end}: ${[...visits].length}`);
    }
  }
  const visits = keyed().window(EventTimeSessionWindows.withGap(5)).process(new Visits());
  assert.deepEqual(await collected(visits.executeAndCollect()), [
    '"a 1-9: 2"',
    '"a 12-17: 1"',
    '"b 2-7: 1"',
    '"b 27-32: 1"',
  ]);
});

test("windows without a key are one subtask's, and count windows count", async () => {
  const env = environment();
  const all = clicks(env)
    .windowAll(TumblingEventTimeWindows.of(10))
    .apply((window, elements, out: Collector<string>) =>
      out.collect(`${window.end} ${[...elements].length}`),
    );
  throwsCode("MR_PARALLELISM_INVALID", () => all.setParallelism(2));
  assert.deepEqual(await collected(all.returns(Types.STRING).executeAndCollect()), [
    '"10 3"',
    '"20 1"',
    '"30 1"',
  ]);
  const pairs = environment({ parallelism: 1 })
    .fromElements(1, 2, 3, 4, 5)
    .countWindowAll(2)
    .reduce((a, b) => a + b);
  assert.deepEqual(await collected(pairs.executeAndCollect()), ["3", "7"]);
  const sliding = environment()
    .fromElements(1, 2, 3)
    .keyBy(() => "k")
    .countWindow(2, 1);
  const sums = sliding.reduce((a, b) => a + b);
  assert.deepEqual(await collected(sums.executeAndCollect()), ["1", "3", "5"]);
});

test("timeWindow() is of the time that the program has chosen", () => {
  const explained = (characteristic: TimeCharacteristic) => {
    const env = environment().setStreamTimeCharacteristic(characteristic);
    clicks(env).keyBy(0).timeWindow("5 s").sum(1).print();
    return env.explain();
  };
  assert.match(explained(TimeCharacteristic.EventTime), /Window\(TumblingEventTimeWindows\(5000\)/);
  assert.match(
    explained(TimeCharacteristic.ProcessingTime),
    /TumblingProcessingTimeWindows\(5000\).*windows of processing time run in JavaScript/,
  );
});

test("what does not fit is refused where it is written", async () => {
  const keyed = clicks(environment()).keyBy(0);
  const sessions = keyed.window(EventTimeSessionWindows.withGap(5));
  const delta = DeltaTrigger.of<Click>(1, ([, a], [, b]) => b - a);
  throwsCode("MR_GRAPH_INVALID", () => sessions.trigger(delta));
  sessions.trigger(PurgingTrigger.of(CountTrigger.of(2)));
  throwsCode("MR_GRAPH_INVALID", () => sessions.allowedLateness(-1));
  throwsCode("MR_GRAPH_INVALID", () =>
    sessions.sum(1).returns(Types.TUPLE(Types.STRING, Types.INT)),
  );
  throwsCode("MR_FUNCTION_INVALID", () => keyed.window({} as GlobalWindows));
  throwsCode("MR_FUNCTION_INVALID", () => sessions.aggregate({ ...count, merge: 1 } as never));
  const untimed = environment()
    .fromElements(1)
    .keyBy(() => 1);
  const windows = untimed.window(TumblingEventTimeWindows.of(5)).sum(0);
  await rejectsCode("MR_RECORD_NO_TIMESTAMP", windows.executeAndCollect(1));
});
