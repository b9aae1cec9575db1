import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Collector,
  Counter,
  type DataStream,
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  KeyedProcessFunction,
  OutputTag,
  type RuntimeContext,
  StateTtlConfig,
  type ValueState,
  ValueStateDescriptor,
} from "../../../../control/index.ts";
import {
  createHarness,
  type HarnessOptions,
  ManualClock,
  type OneInputHarness,
  record,
  watermark,
} from "../../../../control/testing.ts";

type Reading = readonly [sensor: string, value: number];
const TTL_MS = 1_000;
const SILENT = new OutputTag<string>("silent");

/** Emits the sum of a sensor's readings 10 ms after each of them; forgets it after a second without one. */
class DelayedSum extends KeyedProcessFunction<string, Reading, string> {
  readonly readings = new Counter();
  #sum: ValueState<number> | undefined;

  override open(context: RuntimeContext): void {
    const ttl = StateTtlConfig.newBuilder(TTL_MS).build();
    const descriptor = new ValueStateDescriptor<number>("sum");
    descriptor.enableTimeToLive(ttl);
    this.#sum = context.getState(descriptor);
    context.addAccumulator("readings", this.readings);
  }

  processElement([, value]: Reading, ctx: KeyedProcessContext<string>): void {
    this.readings.add(1);
    this.#sum?.update((this.#sum.value() ?? 0) + value);
    ctx.timerService().registerEventTimeTimer((ctx.timestamp() ?? 0) + 10);
    ctx
      .timerService()
      .registerProcessingTimeTimer(ctx.timerService().currentProcessingTime() + 500);
  }

  override onTimer(time: number, ctx: KeyedOnTimerContext<string>, out: Collector<string>): void {
    if (ctx.timeDomain() === "PROCESSING_TIME")
      ctx.output(SILENT, `${ctx.getCurrentKey()}@${time}`);
    else out.collect(`${ctx.getCurrentKey()}=${this.#sum?.value() ?? "forgotten"}`);
  }
}

function sums(options: HarnessOptions = {}): Promise<OneInputHarness<Reading, string>> {
  return createHarness(
    (readings: DataStream<Reading>) =>
      readings.keyBy(([sensor]) => sensor).process(new DelayedSum()),
    { sideOutputs: [SILENT], ...options },
  );
}

test("event timers fire at watermarks, and results stand in front of them", async () => {
  const harness = await sums();
  await harness.processElement(["a", 1], 5);
  await harness.processElement(["b", 7], 6);
  await harness.processElement(["a", 2], 8);
  assert.deepEqual(harness.getOutput(), []);
  assert.equal(harness.numEventTimeTimers(), 3);
  assert.equal(harness.numKeyedStateEntries(), 2);
  await harness.processWatermark(16);
  assert.deepEqual(harness.getOutput(), [record("a=3", 15), record("b=7", 16), watermark(16)]);
  assert.equal(harness.numEventTimeTimers(), 1);
  harness.clearOutput();
  await harness.processWatermark(18);
  assert.deepEqual(harness.extractOutputValues(), ["a=3"]);
  assert.equal(harness.getAccumulators().get("readings"), 3);
  await harness.close();
});

test("state lives as long as the manual clock says", async () => {
  const clock = new ManualClock(10_000);
  const harness = await sums({ clock });
  await harness.processElement(["a", 1], 0);
  await harness.setProcessingTime(10_000 + TTL_MS - 1);
  await harness.processElement(["b", 2], 1);
  await harness.setProcessingTime(10_000 + TTL_MS);
  await harness.processWatermark(20);
  assert.deepEqual(harness.extractOutputValues(), ["a=forgotten", "b=2"]);
  await harness.close();
});

test("timers of a time fire when the clock gets there, and not before", async () => {
  const harness = await sums();
  await harness.processElement(["a", 1], 0);
  await harness.setProcessingTime(499);
  assert.deepEqual(harness.getSideOutput(SILENT), []);
  assert.equal(harness.numProcessingTimeTimers(), 1);
  await harness.setProcessingTime(500);
  assert.deepEqual(harness.getSideOutput(SILENT), [record("a@500", 500)]);
  assert.equal(harness.numProcessingTimeTimers(), 0);
  assert.equal(harness.getProcessingTime(), 500);
  await harness.close();
});
