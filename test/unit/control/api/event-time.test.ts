import assert from "node:assert/strict";
import { test } from "node:test";
import type { DataStream } from "../../../../control/api/data-stream.ts";
import { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { Time, TimeCharacteristic } from "../../../../control/api/time.ts";
import {
  AscendingTimestampExtractor,
  BoundedOutOfOrdernessTimestampExtractor,
} from "../../../../control/api/timestamp-extractors.ts";
import { WatermarkStrategy } from "../../../../control/api/watermark-strategy.ts";
import type { EngineOptions } from "../../../../control/config/settings.ts";
import { NumberSequenceSource } from "../../../../dataplane/connectors/number-sequence-source.ts";
import type { WatermarksSpec } from "../../../../dataplane/protocol/deployment.ts";
import { Duration } from "../../../../dataplane/protocol/duration.ts";
import { planOf } from "../fake-cluster.ts";
import { throwsCode } from "../throws-code.ts";

const numbers = () => new NumberSequenceSource(1, 2);
const timeOf = (value: number): number => value * 1000;

async function specsOf(
  define: (env: StreamExecutionEnvironment) => void,
  options: EngineOptions = {},
): Promise<readonly (WatermarksSpec | undefined)[]> {
  const { graph } = await planOf(define, options);
  return graph.vertices
    .flatMap(({ operators }) => operators)
    .flatMap((operator) =>
      operator.kind === "source" || operator.kind === "watermarks" ? [operator.watermarks] : [],
    );
}

const spec = (generator: WatermarksSpec["generator"], rest: Partial<WatermarksSpec> = {}) => ({
  generator,
  assigner: false,
  idlenessMs: null,
  intervalMs: 200,
  ...rest,
});

test("a source has what its strategy says; without one, and with none, there is nothing to do", async () => {
  const strategies = [
    WatermarkStrategy.noWatermarks<number>(),
    WatermarkStrategy.noWatermarks<number>().withTimestampAssigner(timeOf),
    WatermarkStrategy.forMonotonousTimestamps<number>(),
    WatermarkStrategy.forBoundedOutOfOrderness<number>("5 s").withIdleness(Duration.ofMinutes(1)),
    WatermarkStrategy.forGenerator<number>(() => ({ onEvent() {}, onPeriodicEmit() {} })),
  ];
  const specs = await specsOf((env) => {
    for (const strategy of strategies) env.fromSource(numbers(), strategy, "n").print();
    env.fromSource(numbers(), "n").print();
  });
  assert.deepEqual(specs, [
    undefined,
    spec({ kind: "none" }, { assigner: true }),
    spec({ kind: "max-timestamp", lagMs: 1 }),
    spec({ kind: "max-timestamp", lagMs: 5001 }, { idlenessMs: 60_000 }),
    spec({ kind: "function" }),
    undefined,
  ]);
});

test("a strategy is never changed by what is made of it", () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>();
  strategy.withIdleness(5);
  strategy.withTimestampAssigner(timeOf);
  assert.deepEqual([strategy.plan.idlenessMs, strategy.plan.assigner], [null, null]);
});

class Bounded extends BoundedOutOfOrdernessTimestampExtractor<number> {
  extractTimestamp = timeOf;
}

class Ascending extends AscendingTimestampExtractor<number> {
  extractAscendingTimestamp = timeOf;
}

test("assignTimestampsAndWatermarks() takes strategies and Flink's older extractors", async () => {
  const assign = (stream: DataStream<number>) => {
    stream
      .assignTimestampsAndWatermarks(WatermarkStrategy.forBoundedOutOfOrderness(1000))
      .assignTimestampsAndWatermarks(new Bounded(Time.seconds(1)))
      .assignTimestampsAndWatermarks(new Ascending())
      .assignTimestampsAndWatermarks({
        extractTimestamp: timeOf,
        getCurrentWatermark: () => null,
      })
      .assignTimestampsAndWatermarks({
        extractTimestamp: timeOf,
        checkAndGetNextWatermark: () => null,
      })
      .print();
  };
  const specs = await specsOf((env) => assign(env.fromElements(1, 2)));
  assert.deepEqual(specs.slice(1), [
    spec({ kind: "max-timestamp", lagMs: 1001 }),
    spec({ kind: "max-timestamp", lagMs: 1000 }, { assigner: true }),
    spec({ kind: "max-timestamp", lagMs: 1 }, { assigner: true }),
    spec({ kind: "function" }, { assigner: true }),
    spec({ kind: "function" }, { assigner: true }),
  ]);
});

test("in BATCH mode records get their times and there is no watermark before the end", async () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>()
    .withTimestampAssigner(timeOf)
    .withIdleness("1 s");
  const specs = await specsOf((env) => env.fromSource(numbers(), strategy, "n").print(), {
    runtimeMode: "BATCH",
  });
  assert.deepEqual(specs, [spec({ kind: "none" }, { assigner: true, intervalMs: 0 })]);
});

test("autoWatermarkInterval is an option, a setter, and a setter of the config", async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    autoWatermarkInterval: "1 s",
  });
  assert.equal(env.getAutoWatermarkInterval(), 1000);
  env.setAutoWatermarkInterval(Duration.ofMillis(50));
  assert.equal(env.getConfig().getAutoWatermarkInterval(), 50);
  env.getConfig().setAutoWatermarkInterval(0);
  assert.equal(env.getAutoWatermarkInterval(), 0);
  for (const wrong of [-1, 0.5, "soon", null]) {
    throwsCode("MR_CONFIG_INVALID", () => env.setAutoWatermarkInterval(wrong as number));
  }
  const [planned] = await specsOf((other) => {
    other.setAutoWatermarkInterval(70);
    other.fromSource(numbers(), WatermarkStrategy.forMonotonousTimestamps(), "n").print();
  });
  assert.equal(planned?.intervalMs, 70);
});

test("the older time characteristic sets the interval, as in Flink", () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  assert.equal(env.getStreamTimeCharacteristic(), TimeCharacteristic.EventTime);
  env.setStreamTimeCharacteristic(TimeCharacteristic.ProcessingTime);
  assert.equal(env.getAutoWatermarkInterval(), 0);
  assert.equal(env.getStreamTimeCharacteristic(), "ProcessingTime");
  env.setStreamTimeCharacteristic(TimeCharacteristic.EventTime);
  assert.equal(env.getAutoWatermarkInterval(), 200);
  throwsCode("MR_FUNCTION_INVALID", () => env.setStreamTimeCharacteristic("Event" as "EventTime"));
});

test("what is no strategy is refused with what to write", () => {
  const stream = StreamExecutionEnvironment.getExecutionEnvironment().fromElements(1);
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>();
  const calls: readonly (() => unknown)[] = [
    () => stream.assignTimestampsAndWatermarks(undefined as never),
    () => stream.assignTimestampsAndWatermarks((() => 1) as never),
    () => stream.assignTimestampsAndWatermarks({ extractTimestamp: timeOf } as never),
    () => env.fromSource(numbers(), { kind: "no-watermarks" } as never, "n"),
    () => WatermarkStrategy.forBoundedOutOfOrderness(-1),
    () => WatermarkStrategy.forBoundedOutOfOrderness("soon"),
    () => WatermarkStrategy.forGenerator(undefined as never),
    () => strategy.withTimestampAssigner({} as never),
    () => strategy.withTimestampAssigner((async () => 1) as never),
    () => strategy.withIdleness(0),
    () => new Bounded(Time.seconds(-1)),
  ];
  for (const call of calls) throwsCode("MR_FUNCTION_INVALID", call);
});

test("sources are aligned in groups, each by its own terms, but not in BATCH mode", async () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>();
  const define = (env: StreamExecutionEnvironment): void => {
    env.fromSource(numbers(), strategy.withWatermarkAlignment("g", "20 s"), "a").print();
    const often = strategy.withWatermarkAlignment("g", Duration.ofMillis(0), 50).withIdleness(7);
    env.fromSource(numbers(), often, "b").print();
    env.fromSource(numbers(), strategy, "c").print();
  };
  const ofG = (maxDriftMs: number, updateIntervalMs: number) => ({
    alignment: { group: "g", maxDriftMs, updateIntervalMs },
  });
  const generator = { kind: "max-timestamp", lagMs: 1 } as const;
  assert.deepEqual(await specsOf(define), [
    spec(generator, ofG(20_000, 1000)),
    spec(generator, { idlenessMs: 7, ...ofG(0, 50) }),
    spec(generator),
  ]);
  for (const batch of await specsOf(define, { runtimeMode: "BATCH" })) {
    assert.equal(batch?.alignment, undefined);
  }
});

test("an alignment needs a group, times that make sense, and a source", () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>();
  const wrong: (() => unknown)[] = [
    () => strategy.withWatermarkAlignment("", "20 s"),
    () => strategy.withWatermarkAlignment("group", -1),
    () => strategy.withWatermarkAlignment("group", "20 s", 0),
  ];
  for (const make of wrong) throwsCode("MR_FUNCTION_INVALID", make);
  const stream = StreamExecutionEnvironment.getExecutionEnvironment().fromElements(1);
  const error = throwsCode("MR_FEATURE_UNSUPPORTED", () =>
    stream.assignTimestampsAndWatermarks(strategy.withWatermarkAlignment("group", "20 s")),
  );
  assert.match(error.message, /Hand the strategy to fromSource\(\)/);
});

test("explain() says what makes watermarks", async () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 });
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>().withIdleness(500);
  env.fromSource(numbers(), strategy, "n").assignTimestampsAndWatermarks(strategy).print();
  env.fromSource(numbers(), strategy.withWatermarkAlignment("g", "20 s"), "m").print();
  const text = env.explain();
  assert.match(
    text,
    /Sequence Source, watermarks 1 ms behind the largest timestamp, idle after 500/,
  );
  assert.match(text, /idle after 500 ms, at most 20000 ms ahead in group "g"/);
  assert.match(text, /Timestamps\/Watermarks/);
});
