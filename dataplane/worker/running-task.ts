/**
 * A subtask at work: events come from its input one at a time, go through the chain and leave by
 * the partitions.
 */
import type { TaskMemory } from "../memory/task-memory.ts";
import type { AccumulatorSnapshot } from "../protocol/accumulators.ts";
import type { Chain, ChainProgress } from "./chain.ts";
import type { AlarmClock } from "./clock.ts";
import type { ResultPartition } from "./exchange/result-partition.ts";
import { MemoryWatch } from "./memory-watch.ts";
import type { SubtaskMetrics } from "./metrics.ts";
import type { SubtaskRuntimeContext } from "./runtime-context.ts";
import type { Segment, SourceSegment } from "./segment.ts";
import type { TaskInput } from "./task-input.ts";

export interface TaskParts {
  readonly clock: AlarmClock;
  readonly memory: TaskMemory;
  readonly metrics: SubtaskMetrics;
  readonly runtimeContext: SubtaskRuntimeContext;
  readonly segments: readonly Segment[];
  readonly chain: Chain;
  readonly input: TaskInput;
  readonly partitions: readonly ResultPartition[];
  /** The head, if it reads a source. */
  readonly source: SourceSegment | null;
}

export class RunningTask {
  readonly #parts: TaskParts;
  readonly #memoryWatch: MemoryWatch;
  /** What the chain answered last; null = there was no input. */
  #progress: ChainProgress | null = "done";

  constructor(parts: TaskParts) {
    this.#parts = parts;
    this.#memoryWatch = new MemoryWatch(parts.memory);
  }

  get parts(): TaskParts {
    return this.#parts;
  }

  get progress(): ChainProgress | null {
    return this.#progress;
  }

  async open(): Promise<void> {
    for (const segment of this.#parts.segments) await segment.open();
  }

  /** One event, or as much of it as may be done at once. Throws what segments throw. */
  step(nowMs: number): "goes-on" | "ended" {
    const { chain, input } = this.#parts;
    this.#flushWhatIsDue(nowMs);
    if (!chain.isBusy) this.#memoryWatch.look(nowMs);
    if (!chain.isBusy && !this.#beginTimer() && !input.beginNext(chain)) {
      this.#progress = null;
      return "goes-on";
    }
    this.#progress = chain.advance();
    return this.#progress === "done" && input.isAtEnd ? "ended" : "goes-on";
  }

  canAdvance(nowMs: number): boolean {
    if (this.#parts.partitions.some((output) => output.flushAt <= nowMs && output.canFlush)) {
      return true;
    }
    switch (this.#progress) {
      case "yield":
        return true;
      case "blocked":
        return this.#parts.partitions.some((output) => output.hasRoom);
      case "waiting":
        return !this.#parts.chain.isWaiting;
      default:
        return this.#parts.input.hasNext || this.#msToTimer() <= 0;
    }
  }

  askToBeWoken(): void {
    for (const output of this.#parts.partitions) output.waitForRoom();
  }

  /**
   * When the next flush or timer is due; Infinity = none is, or it waits for room or for what the
   * chain is busy with.
   */
  dueAt(nowMs: number): number {
    let dueAt = this.#parts.chain.isBusy ? Number.POSITIVE_INFINITY : nowMs + this.#msToTimer();
    for (const { flushAt, canFlush } of this.#parts.partitions) {
      if (flushAt > nowMs || canFlush) dueAt = Math.min(dueAt, flushAt);
    }
    return dueAt;
  }

  accumulators(): readonly AccumulatorSnapshot[] {
    return this.#parts.runtimeContext.snapshots();
  }

  /** Tells consumers that there will be no end of input. */
  markFailed(): void {
    for (const output of this.#parts.partitions) output.fail();
  }

  /** Closes everything, whatever fails on the way. @returns the first failure; never rejects */
  async close(): Promise<{ readonly error: unknown } | null> {
    const { segments, input, partitions, memory } = this.#parts;
    let failure: { readonly error: unknown } | null = null;
    for (const segment of segments) {
      try {
        await segment.close();
      } catch (error) {
        failure ??= { error };
      }
    }
    input.close();
    for (const output of partitions) output.close();
    memory.dispose();
    return failure;
  }

  /** Due timers come before the next input. */
  #beginTimer(): boolean {
    if (this.#msToTimer() > 0) return false;
    const { chain, clock } = this.#parts;
    chain.begin({ kind: "timer", nowMs: BigInt(clock.elapsed()) });
    return true;
  }

  /** ms until the first timer of the chain fires; Infinity = it has none. */
  #msToTimer(): number {
    let timerMs = Number.POSITIVE_INFINITY;
    for (const segment of this.#parts.segments) timerMs = Math.min(timerMs, segment.nextTimerMs);
    // Most chains have none, and reading the clock for every batch is not free.
    return timerMs === Number.POSITIVE_INFINITY ? timerMs : timerMs - this.#parts.clock.elapsed();
  }

  #flushWhatIsDue(nowMs: number): void {
    for (const output of this.#parts.partitions) {
      if (output.flushAt <= nowMs) output.flush();
    }
  }
}
