/**
 * A subtask at work: events come from its input one at a time, go through the chain and leave by
 * the partitions.
 */
import type { TaskMemory } from "../memory/task-memory.ts";
import type { AccumulatorSnapshot } from "../protocol/accumulators.ts";
import type { TaskRestore } from "../protocol/checkpoint.ts";
import { crashPoint } from "../protocol/crash-point.ts";
import type { Chain, ChainProgress } from "./chain.ts";
import type { SnapshotStorage } from "./checkpoint/snapshot-storage.ts";
import type { StateOwners, TaskSnapshots } from "./checkpoint/task-snapshots.ts";
import { TaskState } from "./checkpoint/task-state.ts";
import type { AlarmClock } from "./clock.ts";
import type { ResultPartition } from "./exchange/result-partition.ts";
import { MemoryWatch } from "./memory-watch.ts";
import type { SubtaskMetrics } from "./metrics.ts";
import type { SubtaskRuntimeContext } from "./runtime-context.ts";
import type { Segment, SegmentContext, SourceSegment } from "./segment.ts";
import type { BarrierEvent } from "./stream-event.ts";
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
  readonly snapshots: TaskSnapshots;
  /** Of segments that keep state for operators. */
  readonly owners: ReadonlyMap<Segment, StateOwners>;
  /** What it starts from; null = nothing. */
  readonly restore: RestoreParts | null;
  /** Something may have become possible. */
  wake(): void;
}

export interface RestoreParts {
  readonly from: TaskRestore;
  readonly storage: SnapshotStorage;
  readonly place: Pick<SegmentContext, "subtaskIndex" | "parallelism" | "maxParallelism">;
}

export class RunningTask {
  readonly #parts: TaskParts;
  readonly #memoryWatch: MemoryWatch;
  /** What the chain answered last; null = there was no input. */
  #progress: ChainProgress | null = "done";
  /** Of what segments do about checkpoints that are complete. */
  readonly #notices = new Set<Promise<void>>();
  #noticeFailure: { readonly error: unknown } | null = null;
  /** The first checkpoint behind the end of input; null = none so far. */
  #finalId: number | null = null;
  #isFinalComplete = false;
  /** The barrier behind which the task stands still, to go on if it is given up; null = it does not. */
  #stopBarrier: BarrierEvent | null = null;
  #isSuspended = false;

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
    const { restore, segments, owners, memory } = this.#parts;
    if (restore !== null) crashPoint("restore/before");
    const state =
      restore === null ? null : await TaskState.open(restore.from, restore.storage, restore.place);
    try {
      for (const segment of segments) {
        const { rowsOf, entriesOf } = owners.get(segment) ?? { rowsOf: "", entriesOf: "" };
        await state?.restoreEntries(segment, entriesOf);
        if (state !== null) crashPoint("restore/between-parts");
        await segment.open();
        await state?.restoreRows(segment, rowsOf, memory);
      }
    } finally {
      await state?.close();
    }
    if (state !== null) crashPoint("restore/done");
  }

  /** A checkpoint was triggered: sources send its barrier, the others wait for it. */
  announce(barrier: BarrierEvent): void {
    crashPoint("barrier/announced");
    this.#parts.input.announce(barrier);
  }

  /** A checkpoint, and those before it, will never be undone. */
  notifyComplete(checkpointId: number): void {
    crashPoint("notify/received");
    const done = this.#parts.segments.map((segment) =>
      segment.notifyCheckpointComplete?.(BigInt(checkpointId)),
    );
    const notice = Promise.all(done).then(
      () => {
        if (this.#finalId !== null && checkpointId >= this.#finalId) this.#isFinalComplete = true;
        this.#stopBehind(checkpointId);
      },
      (error: unknown) => {
        this.#noticeFailure ??= { error };
      },
    );
    this.#notices.add(notice);
    void notice.then(() => {
      this.#notices.delete(notice);
      this.#parts.wake();
    });
  }

  /** A checkpoint, and those before it, will not complete. */
  abort(checkpointId: number): void {
    const { input, snapshots, segments } = this.#parts;
    input.abort(BigInt(checkpointId));
    if ((this.#stopBarrier?.checkpointId ?? 0n) <= checkpointId) this.#stopBarrier = null;
    snapshots.abort(checkpointId);
    for (const segment of segments) segment.notifyCheckpointAborted?.(BigInt(checkpointId));
  }

  /** All input is behind it, and what it has put out waits for a checkpoint to become final. */
  get awaitsCheckpoint(): boolean {
    const { input, chain, segments } = this.#parts;
    if (!input.isAtEnd || chain.isBusy || this.#isFinalComplete) return false;
    return segments.some(({ awaitsCheckpoint }) => awaitsCheckpoint);
  }

  /** Whether splits that come now are behind all barriers. */
  get takesSplits(): boolean {
    const { input, chain } = this.#parts;
    return !input.hasBarrier && !(input.barrier !== null && chain.isBusy);
  }

  /** One event, or as much of it as may be done at once. Throws what segments throw. */
  step(nowMs: number): "goes-on" | "ended" {
    const { chain, input, snapshots } = this.#parts;
    if (this.#noticeFailure !== null) throw this.#noticeFailure.error;
    this.#flushWhatIsDue(nowMs);
    if (!chain.isBusy) this.#memoryWatch.look(nowMs);
    if (snapshots.canStep) snapshots.step();
    if (chain.isBusy || this.#beginTimer() || this.#beginNext()) {
      this.#progress = chain.advance();
      if (input.barrier !== null && !chain.isBusy) snapshots.encode();
    } else {
      this.#progress = null;
    }
    return this.#mayEnd ? "ended" : "goes-on";
  }

  canAdvance(nowMs: number): boolean {
    if (this.#parts.partitions.some((output) => output.flushAt <= nowMs && output.canFlush)) {
      return true;
    }
    if (this.#parts.snapshots.canStep || this.#mayEnd || this.#noticeFailure !== null) return true;
    switch (this.#progress) {
      case "yield":
        return true;
      case "blocked":
        return this.#parts.partitions.some((output) => output.hasRoom);
      case "waiting":
        return !this.#parts.chain.isWaiting;
      default:
        if (this.#stopBarrier !== null) return false;
        return this.#parts.input.hasNext(this.#takesBarrier) || this.#msToTimer() <= 0;
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
    const { segments, input, partitions, memory, snapshots } = this.#parts;
    await Promise.all(this.#notices);
    snapshots.close();
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

  get #takesBarrier(): boolean {
    return !this.#parts.snapshots.isBusy;
  }

  /** Nothing is left to do, for checkpoints either. */
  get #mayEnd(): boolean {
    const { input, chain, snapshots } = this.#parts;
    if (this.#isSuspended && !chain.isBusy) return true;
    if (!input.isAtEnd || chain.isBusy) return false;
    return snapshots.isSettled && this.#notices.size === 0 && !this.awaitsCheckpoint;
  }

  /** What was to stop the task is complete. */
  #stopBehind(checkpointId: number): void {
    const barrier = this.#stopBarrier;
    if (barrier === null || barrier.checkpointId > checkpointId) return;
    if (barrier.options.stop === "suspend") this.#isSuspended = true;
    else {
      this.#stopBarrier = null;
      this.#parts.input.endDrained();
    }
  }

  /** Sources are drained; suspended is everybody. */
  #isToStop({ options: { stop } }: BarrierEvent): boolean {
    return stop === "suspend" || (stop === "drain" && this.#parts.source !== null);
  }

  #beginNext(): boolean {
    const { chain, input, snapshots } = this.#parts;
    const isAtEnd = input.isAtEnd;
    if (this.#stopBarrier !== null) return false;
    if (!input.beginNext(chain, this.#takesBarrier)) return false;
    const { barrier } = input;
    if (barrier !== null) {
      snapshots.begin(barrier, input.alignmentMs);
      if (isAtEnd) this.#finalId ??= Number(barrier.checkpointId);
      if (this.#isToStop(barrier)) this.#stopBarrier = barrier;
    }
    return true;
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
    // Timers do not fire behind the end of input, nor in a task that stands still.
    if (this.#parts.input.isAtEnd || this.#stopBarrier !== null) return timerMs;
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
