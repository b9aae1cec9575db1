import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AsyncDataStream,
  type Collector,
  type DataStream,
  Duration,
  type EngineError,
  OutputTag,
  TumblingEventTimeWindows,
  Types,
  ValueStateDescriptor,
} from "../../../../control/index.ts";
import {
  createHarness,
  type HarnessSnapshot,
  ManualClock,
  type OneInputHarness,
} from "../../../../control/testing.ts";
import { rejectsCode, throwsCode } from "../throws-code.ts";

function identity(): Promise<OneInputHarness<number, number>> {
  return createHarness((input: DataStream<number>) => input.map((value) => value));
}

function counting(options: { maxParallelism?: number; restore?: HarnessSnapshot } = {}) {
  return createHarness(
    (input: DataStream<number>) =>
      input
        .keyBy((value) => value)
        .process({
          open(context) {
            context.getState(new ValueStateDescriptor<number>("seen"));
          },
          processElement(value: number, ctx, out: Collector<number>) {
            ctx.timerService().registerEventTimeTimer(value);
            out.collect(value);
          },
        }),
    options,
  );
}

test("a record without a timestamp where a window needs one fails as a job does", async () => {
  const harness = await createHarness((input: DataStream<number>) =>
    input.windowAll(TumblingEventTimeWindows.of(Duration.ofMillis(10))).reduce((a, b) => a + b),
  );
  await rejectsCode("MR_RECORD_NO_TIMESTAMP", harness.processElement(1));
  // It stays failed, as the job would be.
  await rejectsCode("MR_RECORD_NO_TIMESTAMP", harness.processElement(1, 5));
  await harness.close();
});

test("a watermark does not go backwards, nor does the clock", async () => {
  const harness = await identity();
  await harness.processWatermark(10);
  await harness.processWatermark(10);
  const error = await rejectsCode("MR_TESTING_BACKWARDS", harness.processWatermark(9));
  assert.match(error.message, /watermark is at 10 and cannot go back to 9/);
  await harness.setProcessingTime(5);
  await rejectsCode("MR_TESTING_BACKWARDS", harness.setProcessingTime(4));
  throwsCode("MR_TESTING_BACKWARDS", () => new ManualClock().advance(Number.NaN));
  await rejectsCode("MR_TIMESTAMP_INVALID", harness.processElement(1, 0.5));
  await rejectsCode("MR_TIMESTAMP_INVALID", harness.processWatermark(Number.NaN));
  await harness.close();
});

test("nothing is taken after the end or after close", async () => {
  const harness = await identity();
  await harness.endInput();
  await rejectsCode("MR_TESTING_CLOSED", harness.processElement(1));
  await harness.close();
  await harness.close();
  await rejectsCode("MR_TESTING_CLOSED", harness.processElement(1));
  await rejectsCode("MR_TESTING_CLOSED", harness.processWatermark(1));
  await rejectsCode("MR_TESTING_CLOSED", harness.setProcessingTime(1));
  await rejectsCode("MR_TESTING_CLOSED", harness.snapshot());
  throwsCode("MR_TESTING_CLOSED", () => harness.getOutput());
});

test("a side output that was not asked for is an error, not an empty list", async () => {
  const harness = await identity();
  const error = throwsCode("MR_TESTING_TAG_UNKNOWN", () =>
    harness.getSideOutput(new OutputTag<number>("late")),
  );
  assert.match(error.message, /does not keep side output late; it keeps none/);
  await harness.close();
});

test("what the user's function throws comes out of the call, with the record", async () => {
  const harness = await createHarness((input: DataStream<number>) =>
    input.map((value) => {
      if (value === 2) throw new RangeError("no twos");
      return value;
    }),
  );
  await harness.processElement(1);
  const error = await rejectsCode("MR_FUNCTION_THREW", harness.processElement(2));
  assert.match(error.message, /no twos/);
  assert.deepEqual(harness.extractOutputValues(), [1]);
  await harness.close();
});

test("what open() throws comes out of createHarness()", async () => {
  const opening = createHarness((input: DataStream<number>) =>
    input.map({
      open() {
        throw new Error("cannot open");
      },
      map: (value: number) => value,
    }),
  );
  await assert.rejects(opening, (error: EngineError) => /cannot open/.test(error.message));
});

test("a snapshot is restored into the same operators only", async () => {
  const harness = await counting();
  await harness.processElement(7, 1);
  const snapshot = await harness.snapshot();
  await harness.close();
  await rejectsCode("MR_TESTING_SNAPSHOT", counting({ restore: snapshot, maxParallelism: 4 }));
  const other = createHarness((input: DataStream<number>) => input.map((value) => value), {
    restore: snapshot,
  });
  await rejectsCode("MR_TESTING_SNAPSHOT", other);
  const invalid = { version: 99 } as unknown as HarnessSnapshot;
  await rejectsCode("MR_TESTING_SNAPSHOT", counting({ restore: invalid }));
  const same = await counting({ restore: snapshot });
  assert.equal(same.numEventTimeTimers(), 1);
  await same.close();
});

test("the definition must return a stream, one with side outputs where they are asked for", async () => {
  const nothing = (): never => undefined as never;
  await rejectsCode("MR_FUNCTION_INVALID", createHarness(nothing));
  const union = createHarness((input: DataStream<number>) => input.union(input), {
    sideOutputs: [new OutputTag<number>("late")],
  });
  await rejectsCode("MR_FUNCTION_INVALID", union);
  const wrong = createHarness((input: DataStream<number>) => input, { engine: "fast" as "js" });
  await rejectsCode("MR_CONFIG_INVALID", wrong);
});

test("asynchronous answers come out when they are there; requests under way are in a snapshot", async () => {
  const answers = new Map<number, (value: number[]) => void>();
  const lookups = (options: { clock?: ManualClock; restore?: HarnessSnapshot } = {}) =>
    createHarness(
      (input: DataStream<number>) =>
        AsyncDataStream.orderedWait(
          input,
          (value: number) =>
            new Promise<number[]>((resolve) => {
              answers.set(value, resolve);
            }),
          100,
        ).returns(Types.NUMBER),
      options,
    );
  const harness = await lookups();
  await harness.processElement(1);
  await harness.processElement(2);
  answers.get(2)?.([20]);
  await harness.settle();
  assert.deepEqual(harness.extractOutputValues(), []);
  answers.get(1)?.([10]);
  await harness.settle();
  assert.deepEqual(harness.extractOutputValues(), [10, 20]);
  await harness.processElement(3);
  const restore = await harness.snapshot();
  await harness.close();
  answers.clear();
  const restored = await lookups({ restore });
  await restored.settle();
  answers.get(3)?.([30]);
  await restored.settle();
  assert.deepEqual(restored.extractOutputValues(), [30]);
  await restored.processElement(4);
  await rejectsCode("MR_ASYNC_TIMEOUT", restored.setProcessingTime(100));
  await restored.close();
});
