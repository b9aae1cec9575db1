/** Side outputs of windows by the public API: late records, and what functions of windows put out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DataStream,
  type EngineOptions,
  OutputTag,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  Types,
  WatermarkStrategy,
} from "../../control/index.ts";

type Reading = [sensor: string, value: number, time: number];

/** A watermark behind each record: its time. The windows are [0, 10), [10, 20) and [20, 30). */
const READINGS: readonly Reading[] = [
  ["a", 1, 3],
  ["a", 2, 12], // [0, 10) fires
  ["a", 4, 8], // late, unless windows stay for 4 ms
  ["a", 8, 11], // behind the watermark, but its window has not fired
  ["a", 16, 29], // [10, 20) fires
  ["a", 32, 5], // late
];

const READING = Types.TUPLE(Types.STRING, Types.INT, Types.LONG);
const LATE = new OutputTag<Reading>("late", READING);

function byRecord(engine: "auto" | "js") {
  const options: EngineOptions = {
    execution: "in-process",
    parallelism: 1,
    tiering: false,
    engine,
  };
  const strategy = WatermarkStrategy.forGenerator<Reading>(() => ({
    onEvent: (_reading, timestampMs, output) => output.emitWatermark(timestampMs),
    onPeriodicEmit: () => undefined,
  }));
  return StreamExecutionEnvironment.getExecutionEnvironment(options)
    .fromCollection([...READINGS], READING)
    .assignTimestampsAndWatermarks(strategy.withTimestampAssigner(([, , time]) => time))
    .keyBy(0)
    .window(TumblingEventTimeWindows.of(10));
}

/** What both streams hold, the second one's records marked. */
async function both(main: DataStream<string>, side: DataStream<string>): Promise<string[]> {
  const texts: string[] = [];
  const marked = side.map((text) => `late ${text}`);
  for await (const text of main.union(marked).executeAndCollect()) texts.push(text);
  return texts.sort();
}

for (const engine of ["auto", "js"] as const) {
  test(`late records of sums go to the side output (engine ${engine})`, async () => {
    const sums = byRecord(engine).sideOutputLateData(LATE).sum(1);
    const main = sums.map(([sensor, sum]) => `${sensor} ${sum}`);
    const late = sums.getSideOutput(LATE).map(([sensor, value]) => `${sensor} ${value}`);
    assert.deepEqual(await both(main, late), ["a 1", "a 10", "a 16", "late a 32", "late a 4"]);
  });

  test(`a record in time for the allowed lateness fires its window again (engine ${engine})`, async () => {
    const sums = byRecord(engine).allowedLateness(3).sideOutputLateData(LATE).sum(1);
    const main = sums.map(([sensor, sum]) => `${sensor} ${sum}`);
    const late = sums.getSideOutput(LATE).map(([sensor, value]) => `${sensor} ${value}`);
    // Cleanup of [0, 10) is at 9 + 3 = 12, which the watermark has reached: 4 is late all the same.
    assert.deepEqual(await both(main, late), ["a 1", "a 10", "a 16", "late a 32", "late a 4"]);
    const longer = byRecord(engine).allowedLateness(4).sideOutputLateData(LATE).sum(1);
    const again = longer.map(([sensor, sum]) => `${sensor} ${sum}`);
    const later = longer.getSideOutput(LATE).map(([sensor, value]) => `${sensor} ${value}`);
    assert.deepEqual(await both(again, later), ["a 1", "a 10", "a 16", "a 5", "late a 32"]);
  });
}

test("a function of windows puts out to side outputs", async () => {
  const sizes = new OutputTag<number>("sizes", Types.INT);
  const result = byRecord("auto").process<string>((key, context, readings, out) => {
    context.output(sizes, [...readings].length);
    out.collect(`${key} until ${context.window().end}`);
  });
  const texts = await both(
    result,
    result.getSideOutput(sizes).map((size) => `size ${size}`),
  );
  assert.deepEqual(texts, [
    ...["a until 10", "a until 20", "a until 30"],
    ...["late size 1", "late size 1", "late size 2"],
  ]);
});
