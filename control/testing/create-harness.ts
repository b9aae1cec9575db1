/** Harnesses for anything that the fluent API builds. */
import type { BaseStream } from "../api/base-stream.ts";
import type { DataStream } from "../api/data-stream.ts";
import type { ManualClock } from "../common/manual-clock.ts";
import type { TypeInformation } from "../common/types.ts";
import type { HarnessTasks } from "./harness-tasks.ts";
import { type HarnessOptions, OperatorHarness, startHarness } from "./operator-harness.ts";

/** @public */
export interface OneInputOptions<IN> extends HarnessOptions {
  /** Type of the records; without it they tell. Compiled functions and key fields need it. */
  readonly type?: TypeInformation<IN>;
}

/** @public */
export interface TwoInputOptions<IN1, IN2> extends HarnessOptions {
  /** Types of the records of either input; without them they tell. */
  readonly types?: readonly [TypeInformation<IN1> | undefined, TypeInformation<IN2> | undefined];
}

/**
 * Operators under test with one input: Flink's OneInputStreamOperatorTestHarness and
 * KeyedOneInputStreamOperatorTestHarness. Made by createHarness(). Every call is settled when all that
 * follows from it has come out; it rejects with what functions threw, as a job would fail.
 * @public
 */
export class OneInputHarness<IN, OUT> extends OperatorHarness<OUT> {
  /** @internal */
  constructor(tasks: HarnessTasks, clock: ManualClock) {
    super(tasks, clock);
  }

  /**
   * Puts a record in.
   *
   * @param timestamp ms of event time; absent = the record has none
   */
  processElement(value: IN, timestamp: number | null = null): Promise<void> {
    return this.pushRecord(0, value, timestamp, "processElement()");
  }

  /** Puts records in, each a value with its timestamp (ms). */
  async processElements(records: Iterable<readonly [value: IN, timestamp: number]>): Promise<void> {
    for (const [value, timestamp] of records) await this.processElement(value, timestamp);
  }

  /** Puts a watermark in (ms). Rejects with MR_TESTING_BACKWARDS when it is smaller than the last one. */
  processWatermark(timestamp: number): Promise<void> {
    return this.pushWatermark(0, timestamp, "processWatermark()");
  }

  processWatermarkStatus(status: "idle" | "active"): Promise<void> {
    return this.pushStatus(0, status, "processWatermarkStatus()");
  }
}

/**
 * Operators under test with two inputs: Flink's TwoInputStreamOperatorTestHarness,
 * KeyedTwoInputStreamOperatorTestHarness and BroadcastOperatorTestHarness (the second input is the one
 * that is broadcast). Made by createTwoInputHarness(). Calls are settled and rejected as those of
 * OneInputHarness.
 * @public
 */
export class TwoInputHarness<IN1, IN2, OUT> extends OperatorHarness<OUT> {
  /** @internal */
  constructor(tasks: HarnessTasks, clock: ManualClock) {
    super(tasks, clock);
  }

  /** Puts a record in by the first input. @param timestamp ms of event time; absent = it has none */
  processElement1(value: IN1, timestamp: number | null = null): Promise<void> {
    return this.pushRecord(0, value, timestamp, "processElement1()");
  }

  /** Puts a record in by the second input. @param timestamp ms of event time; absent = it has none */
  processElement2(value: IN2, timestamp: number | null = null): Promise<void> {
    return this.pushRecord(1, value, timestamp, "processElement2()");
  }

  /** Operators go by the smaller watermark (ms) of both inputs. Rejects with MR_TESTING_BACKWARDS. */
  processWatermark1(timestamp: number): Promise<void> {
    return this.pushWatermark(0, timestamp, "processWatermark1()");
  }

  /** As processWatermark1(), of the second input. */
  processWatermark2(timestamp: number): Promise<void> {
    return this.pushWatermark(1, timestamp, "processWatermark2()");
  }

  /** The same watermark (ms) by both inputs. */
  async processBothWatermarks(timestamp: number): Promise<void> {
    await this.processWatermark1(timestamp);
    await this.processWatermark2(timestamp);
  }

  processWatermarkStatus1(status: "idle" | "active"): Promise<void> {
    return this.pushStatus(0, status, "processWatermarkStatus1()");
  }

  processWatermarkStatus2(status: "idle" | "active"): Promise<void> {
    return this.pushStatus(1, status, "processWatermarkStatus2()");
  }
}

/**
 * A harness around what `define` makes of a stream: operators run as in a job, with real tasks, exchanges
 * and state, on the calling thread, and time stands still until the test moves it. Rejects with what
 * planning such a job throws, MR_TESTING_SNAPSHOT, and errors of open().
 *
 * ```ts
 * const harness = await createHarness((words: DataStream<string>) =>
 *   words.keyBy((word) => word).process(new CountWords()),
 * );
 * await harness.processElement("to", 5);
 * await harness.processWatermark(10);
 * assert.deepEqual(harness.getOutput(), [record(["to", 1], 5), watermark(10)]);
 * await harness.close();
 * ```
 * @public
 */
export async function createHarness<IN, OUT>(
  define: (input: DataStream<IN>) => BaseStream<OUT>,
  options: OneInputOptions<IN> = {},
): Promise<OneInputHarness<IN, OUT>> {
  const { tasks, clock } = await startHarness(
    {
      operation: "createHarness()",
      types: [options.type as TypeInformation<never> | undefined],
      define: ([input]) => define(input as DataStream<IN>),
    },
    options,
  );
  return new OneInputHarness<IN, OUT>(tasks, clock);
}

/**
 * As createHarness(), around what `define` makes of two streams.
 *
 * ```ts
 * const harness = await createTwoInputHarness(
 *   (orders: DataStream<Order>, payments: DataStream<Payment>) =>
 *     orders.connect(payments).keyBy("id", "orderId").process(new MatchPayments()),
 * );
 * ```
 * @public
 */
export async function createTwoInputHarness<IN1, IN2, OUT>(
  define: (first: DataStream<IN1>, second: DataStream<IN2>) => BaseStream<OUT>,
  options: TwoInputOptions<IN1, IN2> = {},
): Promise<TwoInputHarness<IN1, IN2, OUT>> {
  const { types = [undefined, undefined] } = options;
  const { tasks, clock } = await startHarness(
    {
      operation: "createTwoInputHarness()",
      types: types as readonly (TypeInformation<never> | undefined)[],
      define: ([first, second]) => define(first as DataStream<IN1>, second as DataStream<IN2>),
    },
    options,
  );
  return new TwoInputHarness<IN1, IN2, OUT>(tasks, clock);
}
