import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DataStream,
  Duration,
  OutputTag,
  TumblingEventTimeWindows,
  Types,
} from "../../../../control/index.ts";
import {
  createHarness,
  type HarnessOptions,
  type OneInputHarness,
  record,
  type StreamElement,
  watermark,
  watermarkStatus,
} from "../../../../control/testing.ts";

type Sale = [shop: string, amount: number];
const LATE = new OutputTag<Sale>("late");
const SALE = Types.TUPLE(Types.STRING, Types.INT);

/** Sums of 10 ms per shop, 5 ms of lateness. */
function sales(options: HarnessOptions = {}): Promise<OneInputHarness<Sale, Sale>> {
  return createHarness(
    (input: DataStream<Sale>) =>
      input
        .keyBy(0)
        .window(TumblingEventTimeWindows.of(Duration.ofMillis(10)))
        .allowedLateness(Duration.ofMillis(5))
        .sideOutputLateData(LATE)
        .sum(1),
    { type: SALE, sideOutputs: [LATE], ...options },
  );
}

for (const engine of ["js", "auto"] as const) {
  test(`a window fires at the watermark, again for late records, and then passes them on (${engine})`, async () => {
    const harness = await sales({ engine });
    await harness.processElements([
      [["north", 1], 1],
      [["south", 5], 2],
      [["north", 2], 9],
    ]);
    await harness.processWatermark(9);
    assert.deepEqual(harness.getOutput(), [
      record(["north", 3], 9),
      record(["south", 5], 9),
      watermark(9),
    ]);
    assert.equal(harness.numKeyedStateEntries(), 2);
    harness.clearOutput();
    await harness.processElement(["north", 10], 3);
    assert.deepEqual(harness.getOutput(), [record(["north", 13], 9)]);
    await harness.processWatermark(14);
    assert.equal(harness.numKeyedStateEntries(), 0);
    await harness.processElement(["north", 100], 4);
    assert.deepEqual(harness.getSideOutput(LATE), [record(["north", 100], 4)]);
    assert.equal(harness.numLateRecordsDropped(), 0);
    await harness.close();
  });
}

test("late records that nothing takes are counted", async () => {
  const harness = await createHarness((input: DataStream<Sale>) =>
    input
      .keyBy(0)
      .window(TumblingEventTimeWindows.of(Duration.ofMillis(10)))
      .sum(1),
  );
  await harness.processWatermark(9);
  await harness.processElement(["north", 1], 9);
  await harness.processElement(["north", 1], 10);
  assert.equal(harness.numLateRecordsDropped(), 1);
  await harness.close();
});

test("a status goes through, and the end of the input closes all windows", async () => {
  const harness = await sales();
  await harness.processElement(["north", 1], 1);
  await harness.processWatermarkStatus("idle");
  await harness.processWatermarkStatus("active");
  await harness.endInput();
  const last = harness.getOutput().at(-1) as { timestamp: number | bigint };
  assert.deepEqual(harness.getOutput().slice(0, 3), [
    watermarkStatus("idle"),
    watermarkStatus("active"),
    record(["north", 1], 9),
  ]);
  assert.equal(BigInt(last.timestamp), 2n ** 63n - 1n);
  await harness.close();
});

/** Random sales with watermarks behind them. */
async function outputsOf(options: HarnessOptions): Promise<readonly StreamElement<Sale>[]> {
  const harness = await sales(options);
  let state = 7;
  const next = (bound: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor(state / 65_536) % bound;
  };
  for (let time = 0; time < 60; time += 1) {
    await harness.processElement([`shop ${next(12)}`, next(100)], time);
    if (time % 15 === 14) await harness.processWatermark(time - next(5));
  }
  await harness.endInput();
  const output = harness.getOutput();
  await harness.close();
  return output;
}

test("an outbox that is nearly always full changes nothing", async () => {
  for (const engine of ["js", "auto"] as const) {
    const expected = await outputsOf({ engine });
    assert.ok(expected.length > 30);
    for (const seed of [1, 2, 3]) {
      assert.deepEqual(
        await outputsOf({ engine, outbox: "hostile", seed }),
        expected,
        `seed ${seed}`,
      );
    }
  }
});

test("subtasks share the keys, and their watermark comes behind the results of all of them", async () => {
  const sorted = (elements: readonly StreamElement<Sale>[]) =>
    elements.map((element) => JSON.stringify(element)).sort();
  const options = { outbox: "hostile", seed: 5 } as const;
  const expected = sorted((await outputsOf({})).filter(({ kind }) => kind === "record"));
  for (const more of [{ parallelism: 3 }, { parallelism: 3, ...options }]) {
    const actual = (await outputsOf(more)).filter(({ kind }) => kind === "record");
    assert.deepEqual(sorted(actual), expected);
  }
});

test("rich functions, several operators and named types run as in a job", async () => {
  const harness = await createHarness(
    (input: DataStream<{ id: number }>) =>
      input
        .map({ open: () => undefined, map: ({ id }) => id + 1 })
        .filter((id) => id % 2 === 0)
        .flatMap((id) => [id, -id]),
    { type: Types.ROW({ id: Types.INT }) },
  );
  await harness.processElement({ id: 1 });
  await harness.processElement({ id: 2 });
  await harness.processElement({ id: 3 }, 9);
  assert.deepEqual(harness.getOutput(), [record(2), record(-2), record(4, 9), record(-4, 9)]);
  await harness.close();
});
