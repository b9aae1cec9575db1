/** What harnesses of one and of two inputs have in common: time, outputs, state. */
import type { OutputTag } from "../../dataplane/functions/output-tag.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { LONG_MIN } from "../../dataplane/protocol/long.ts";
import { describeValue } from "../common/describe-value.ts";
import { ManualClock } from "../common/manual-clock.ts";
import type { TypeInformation } from "../common/types.ts";
import type { EngineMode } from "../config/options.ts";
import type { EngineOptions } from "../config/settings.ts";
import { type HarnessDefinition, planHarnessJob } from "./harness-job.ts";
import { type HarnessSnapshot, restoreSnapshot, takeSnapshot } from "./harness-snapshot.ts";
import { HarnessTasks } from "./harness-tasks.ts";
import type { StreamElement, StreamRecord, WatermarkStatus } from "./stream-element.ts";

/** What a harness is created with, whatever its inputs. @public */
export interface HarnessOptions {
  /** Side outputs to keep, of the operator that the returned stream comes from. */
  readonly sideOutputs?: readonly OutputTag<never>[];
  /** Subtasks of the operators; default 1. Records go to the subtask of their key. */
  readonly parallelism?: number;
  /** Number of key groups; default as in a job. Snapshots fit harnesses of one number. */
  readonly maxParallelism?: number;
  /** Default "js": a debugger stops in the functions, and nothing is compiled. */
  readonly engine?: EngineMode;
  /** State to begin with, of whatever parallelism. */
  readonly restore?: HarnessSnapshot;
  /** Default: one of the harness's own that starts at 0 ms. */
  readonly clock?: ManualClock;
  /**
   * "hostile": outputs are nearly always full, so that operators are stopped and resumed at every row.
   * Results must be the same. Default "roomy".
   */
  readonly outbox?: "roomy" | "hostile";
  /** Of the hostile outbox: a whole number; default 1. */
  readonly seed?: number;
}

type Definition = Pick<HarnessDefinition, "operation" | "define"> & {
  readonly types: readonly (TypeInformation<never> | undefined)[];
};

/** See OneInputHarness. @public */
export abstract class OperatorHarness<OUT> {
  readonly #tasks: HarnessTasks;
  readonly #clock: ManualClock;
  /** The last watermark of each input. */
  readonly #watermarks: (number | bigint)[];
  #checkpointId = 0n;
  #isClosed = false;

  /** @internal */
  protected constructor(tasks: HarnessTasks, clock: ManualClock) {
    this.#tasks = tasks;
    this.#clock = clock;
    this.#watermarks = tasks.inputs.map(() => LONG_MIN);
  }

  /** What operators see as processing time; use setProcessingTime() to move it. */
  get clock(): ManualClock {
    return this.#clock;
  }

  /**
   * Moves processing time on to ms since the epoch and fires the timers of times up to it, in order.
   * Rejects with MR_TESTING_BACKWARDS, and with what functions throw.
   */
  async setProcessingTime(timeMs: number): Promise<void> {
    this.#checkOpen("setProcessingTime()");
    this.#clock.setTime(timeMs);
    await this.#tasks.settle();
  }

  /** ms since the epoch. */
  getProcessingTime(): number {
    return this.#clock.now();
  }

  /**
   * Goes on with what has become possible outside: answers of asynchronous functions, a clock that the
   * test moved itself. All other calls do so too.
   */
  async settle(): Promise<void> {
    this.#checkOpen("settle()");
    await this.#tasks.settle();
  }

  /** Records, watermarks and statuses that came out since the last clearOutput(), in order. */
  getOutput(): readonly StreamElement<OUT>[] {
    this.#checkOpen("getOutput()");
    return [...this.#elementsOf(null)] as StreamElement<OUT>[];
  }

  /** The values of the records in getOutput(). */
  extractOutputValues(): readonly OUT[] {
    return this.getOutput()
      .filter((element) => element.kind === "record")
      .map(({ value }) => value);
  }

  /** Records that went to a side output since the last clearOutput(). Throws MR_TESTING_TAG_UNKNOWN. */
  getSideOutput<T>(tag: OutputTag<T>): readonly StreamRecord<T>[] {
    this.#checkOpen("getSideOutput()");
    return this.#elementsOf(tag.id).filter(
      (element): element is StreamRecord<T> => element.kind === "record",
    );
  }

  /** Forgets what came out so far, side outputs too. */
  clearOutput(): void {
    for (const elements of this.#tasks.outputs.values()) elements.length = 0;
  }

  /** Event-time timers that are registered, of all keys. Tables of WebAssembly need none. */
  numEventTimeTimers(): number {
    return this.#count("eventTimers");
  }

  /** Processing-time timers that are registered, of all keys. */
  numProcessingTimeTimers(): number {
    return this.#count("processingTimers");
  }

  /** Values of keyed state that there are: one per state, key and namespace (a window, or none). */
  numKeyedStateEntries(): number {
    return this.#count("entries");
  }

  /** Flink's metric: late records that went nowhere. */
  numLateRecordsDropped(): number {
    return this.#tasks.lateRecordsDropped();
  }

  /** What accumulators of the functions hold, over all subtasks. */
  getAccumulators(): ReadonlyMap<string, unknown> {
    return this.#tasks.accumulators();
  }

  /** The state as it is now; the harness goes on. Restore it by the option `restore`. */
  async snapshot(): Promise<HarnessSnapshot> {
    this.#checkOpen("snapshot()");
    await this.#tasks.settle();
    this.#checkpointId += 1n;
    return takeSnapshot(this.#tasks, this.#checkpointId);
  }

  /** Tells operators that the last snapshot() is complete, so that it will never be undone. */
  async notifyOfCompletedCheckpoint(): Promise<void> {
    this.#checkOpen("notifyOfCompletedCheckpoint()");
    for (const { segment } of this.#tasks.segments) {
      await segment.notifyCheckpointComplete?.(this.#checkpointId);
    }
  }

  /**
   * Ends the inputs as bounded sources end: a last watermark of Long.MAX, and the end. Timers of event
   * time fire; those of processing time do not.
   */
  async endInput(): Promise<void> {
    this.#checkOpen("endInput()");
    for (const input of this.#tasks.inputs) input.end();
    await this.#tasks.settle();
  }

  /** Closes the functions and gives all memory back. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#tasks.close();
  }

  /** @internal */
  protected async pushRecord(
    which: number,
    value: unknown,
    timestamp: number | null,
    operation: string,
  ): Promise<void> {
    const queue = this.#inputOf(which, operation);
    if (timestamp !== null) checkTime(timestamp, operation);
    queue.push({ kind: "record", value, timestamp });
    await this.#tasks.settle();
  }

  /** @internal */
  protected async pushWatermark(
    which: number,
    timestamp: number,
    operation: string,
  ): Promise<void> {
    const queue = this.#inputOf(which, operation);
    checkTime(timestamp, operation);
    const last = this.#watermarks[which] ?? LONG_MIN;
    if (timestamp < last) {
      const details = { what: "The watermark", last: Number(last), actual: Number(timestamp) };
      throw new EngineError("MR_TESTING_BACKWARDS", details);
    }
    this.#watermarks[which] = timestamp;
    queue.push({ kind: "watermark", timestamp });
    await this.#tasks.settle();
  }

  /** @internal */
  protected async pushStatus(
    which: number,
    status: WatermarkStatus["status"],
    operation: string,
  ): Promise<void> {
    this.#inputOf(which, operation).push({ kind: "status", status });
    await this.#tasks.settle();
  }

  #inputOf(which: number, operation: string): HarnessTasks["inputs"][number] {
    this.#checkOpen(operation);
    const queue = this.#tasks.inputs[which];
    if (queue === undefined) throw new TypeError(`there is no input ${which + 1}`);
    if (queue.isEnded) throw new EngineError("MR_TESTING_CLOSED", { operation, what: "input" });
    return queue;
  }

  #elementsOf(tag: string | null): readonly StreamElement<unknown>[] {
    const elements = this.#tasks.outputs.get(tag);
    if (elements !== undefined) return elements;
    const known = [...this.#tasks.outputs.keys()].filter((id) => id !== null);
    throw new EngineError("MR_TESTING_TAG_UNKNOWN", {
      tag,
      known: known.length === 0 ? "none" : known.join(", "),
    });
  }

  #count(what: "entries" | "eventTimers" | "processingTimers"): number {
    this.#checkOpen("a count of state");
    return this.#tasks.segments.reduce(
      (sum, { segment }) => sum + (segment.counts?.[what] ?? 0),
      0,
    );
  }

  #checkOpen(operation: string): void {
    if (this.#isClosed) throw new EngineError("MR_TESTING_CLOSED", { operation, what: "harness" });
  }
}

/** Plans the job, starts its subtasks and restores their state. */
export async function startHarness(
  definition: Definition,
  options: HarnessOptions,
): Promise<{ readonly tasks: HarnessTasks; readonly clock: ManualClock }> {
  const isHostile = options.outbox === "hostile";
  const job = await planHarnessJob({
    ...definition,
    sideOutputs: options.sideOutputs ?? [],
    options: engineOptionsOf(options, isHostile),
  });
  const clock = options.clock ?? new ManualClock();
  const hostileSeed = isHostile ? (options.seed ?? 1) : null;
  const { restore = null } = options;
  const tasks = await HarnessTasks.start(job, { clock, hostileSeed, restore });
  if (restore !== null) {
    try {
      restoreSnapshot(tasks, restore);
    } catch (error) {
      await tasks.close();
      throw error;
    }
  }
  return { tasks, clock };
}

function engineOptionsOf(options: HarnessOptions, isHostile: boolean): EngineOptions {
  const { parallelism = 1, maxParallelism = "auto", engine = "js" } = options;
  const edgeMemory = isHostile ? { edgeMemory: "64 KiB" } : {};
  return {
    ...{ parallelism, maxParallelism, engine, ...edgeMemory },
    ...{ execution: "in-process", tiering: false, bufferTimeoutMs: 0, runtimeMode: "STREAMING" },
  };
}

/** Errors: MR_TIMESTAMP_INVALID. */
function checkTime(time: unknown, operation: string): void {
  if (typeof time === "bigint" && BigInt.asIntN(64, time) === time) return;
  if (typeof time === "number" && Number.isSafeInteger(time)) return;
  const details = { operator: operation, what: "time", actual: describeValue(time) };
  throw new EngineError("MR_TIMESTAMP_INVALID", details);
}
