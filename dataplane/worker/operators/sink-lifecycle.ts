/**
 * What a sink does beside writing: timers, state, two-phase commits. The host's work, one piece at a
 * time, is #work; while there is any, the writer is called by nobody else.
 */
import type { Sink, SinkWriter, SinkWriterContext } from "../../connectors/sink.ts";
import { crashPoint } from "../../protocol/crash-point.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../protocol/status.ts";
import type { Cursor, SegmentContext } from "../segment.ts";
import { OperatorStates } from "../state/operator-states.ts";
import type { TargetLifecycle } from "./row-target.ts";
import { SinkCommits } from "./sink-commits.ts";
import { SinkTimers } from "./sink-timers.ts";

export type AnySink = Sink<unknown, unknown, unknown>;
export type AnyWriter = SinkWriter<unknown, unknown, unknown>;

/** Names of states that are the engine's own. */
const WRITER_STATE = "sink/writer";
const COMMITTABLES = "sink/committables";

/** Steps of prepareBarrier(). */
const PREPARING = 1;

export interface SinkLifecycleOptions {
  readonly sink: AnySink;
  readonly context: SegmentContext;
  readonly operatorName: string;
  /** STATUS_DONE: the writer has dealt with all that was put in. */
  settle(): number;
}

export class SinkLifecycle implements TargetLifecycle {
  readonly #options: SinkLifecycleOptions;
  readonly #timers: SinkTimers;
  readonly #states: OperatorStates;
  #writer: AnyWriter | null = null;
  #commits: SinkCommits | null = null;
  #writerStates: readonly unknown[] = [];
  #restored: { readonly states: readonly unknown[]; readonly committables: readonly unknown[] } = {
    states: [],
    committables: [],
  };
  #work: Promise<void> | null = null;
  #isEnded = false;

  constructor(options: SinkLifecycleOptions) {
    this.#options = options;
    this.#timers = new SinkTimers(options.context);
    this.#states = new OperatorStates(options.operatorName);
  }

  /** Commits what the snapshot had, then opens the writer. Errors: MR_SINK_FAILED. */
  async open(): Promise<AnyWriter> {
    const { sink, operatorName } = this.#options;
    const context = this.#writerContext();
    const { states, committables } = this.#restored;
    this.#restored = { states: [], committables: [] };
    return guardAsync(operatorName, async () => {
      if (sink.createCommitter !== undefined) {
        this.#commits = new SinkCommits(sink.createCommitter(context));
      }
      if (committables.length > 0) {
        crashPoint("sink/before-restored-commit");
        await this.#committing.restore(committables);
        crashPoint("sink/restored-commit-done");
      }
      this.#writer =
        sink.restoreWriter !== undefined && this.#states.isRestored
          ? await sink.restoreWriter(context, states)
          : await sink.createWriter(context);
      return this.#writer;
    });
  }

  get nextTimerMs(): number {
    return this.#timers.nextMs;
  }

  /** Errors: MR_SINK_FAILED. */
  timer(nowMs: bigint): number {
    for (;;) {
      const status = this.#settle();
      if (status !== STATUS_DONE) return status;
      const { operatorName } = this.#options;
      const fired = guard(operatorName, () => this.#timers.fire(Number(nowMs)));
      if (fired === null) return STATUS_DONE;
      if (fired.work instanceof Promise) this.#start(fired.work);
    }
  }

  watermark(watermarkMs: bigint): void {
    guard(this.#options.operatorName, () => this.#writer?.writeWatermark?.(Number(watermarkMs)));
  }

  prepareBarrier(cursor: Cursor): number {
    const status = this.#settle();
    if (status !== STATUS_DONE || cursor.step === PREPARING) return status;
    cursor.step = PREPARING;
    // What it wrote last has been prepared with the end of its input.
    if (!this.#isEnded) this.#start(this.#prepare("checkpoint"));
    return this.#status;
  }

  /** Errors: MR_SINK_FAILED. */
  freeze(checkpointId: bigint): void {
    this.#commits?.freeze(checkpointId);
    const { operatorName } = this.#options;
    this.#writerStates =
      guard(operatorName, () => this.#writer?.snapshotState?.(Number(checkpointId))) ?? [];
  }

  operatorState(): readonly OperatorStateEntry[] {
    const entries = [
      { name: WRITER_STATE, mode: "split", values: this.#writerStates },
      { name: COMMITTABLES, mode: "split", values: this.#commits?.snapshot() ?? [] },
    ] as const;
    return [...entries.filter(({ values }) => values.length > 0), ...this.#states.snapshot()];
  }

  restoreOperatorState(entries: readonly OperatorStateEntry[]): void {
    const valuesOf = (name: string): readonly unknown[] =>
      entries.filter((entry) => entry.name === name).flatMap(({ values }) => values);
    this.#restored = { states: valuesOf(WRITER_STATE), committables: valuesOf(COMMITTABLES) };
    const own: ReadonlySet<string> = new Set([WRITER_STATE, COMMITTABLES]);
    this.#states.restore(entries.filter(({ name }) => !own.has(name)));
    const { sink, operatorName: operator } = this.#options;
    if (this.#restored.states.length > 0 && sink.restoreWriter === undefined) {
      throw new EngineError("MR_SINK_FAILED", {
        operator,
        message: "the snapshot has state of its writers, and the sink has no restoreWriter().",
      });
    }
  }

  /** Rejects with MR_SINK_FAILED. */
  async notifyCheckpointComplete(checkpointId: bigint): Promise<void> {
    await guardAsync(this.#options.operatorName, async () => {
      await this.#commits?.complete(checkpointId);
      await this.#writer?.notifyCheckpointComplete?.(Number(checkpointId));
    });
  }

  notifyCheckpointAborted(checkpointId: bigint): void {
    guard(this.#options.operatorName, () =>
      this.#writer?.notifyCheckpointAborted?.(Number(checkpointId)),
    );
  }

  get awaitsCheckpoint(): boolean {
    return this.#options.context.isCheckpointed === true && this.#commits?.isWaiting === true;
  }

  /** No more records come; until it answers STATUS_DONE. */
  finish(): number {
    if (this.#work !== null) return STATUS_NEED_HOST;
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#start(this.#prepare("end"));
    }
    return this.#status;
  }

  async hostWork(): Promise<void> {
    await this.#work;
  }

  async close(): Promise<void> {
    await this.#work?.catch(() => undefined);
    const { operatorName } = this.#options;
    try {
      await guardAsync(operatorName, () => this.#writer?.close());
    } finally {
      await guardAsync(operatorName, () => this.#commits?.close());
    }
  }

  async #prepare(when: "checkpoint" | "end"): Promise<void> {
    crashPoint("sink/before-prepare");
    await this.#writer?.flush(when === "end");
    const committables = (await this.#writer?.prepareCommit?.()) ?? [];
    crashPoint("sink/prepared");
    if (committables.length > 0) this.#committing.prepare(committables);
    const isFinal = when === "end" && this.#options.context.isCheckpointed !== true;
    if (isFinal) await this.#commits?.commitAll();
  }

  get #committing(): SinkCommits {
    if (this.#commits !== null) return this.#commits;
    throw new Error("there is something to commit, and the sink has no createCommitter()");
  }

  get #status(): number {
    return this.#work === null ? STATUS_DONE : STATUS_NEED_HOST;
  }

  #settle(): number {
    return this.#work === null ? this.#options.settle() : STATUS_NEED_HOST;
  }

  #start(work: Promise<void>): void {
    this.#work = guardAsync(this.#options.operatorName, () => work).then(() => {
      this.#work = null;
    });
    // Its failure is for hostWork() to report.
    this.#work.catch(() => undefined);
  }

  #writerContext(): SinkWriterContext {
    const { context, operatorName } = this.#options;
    const { subtaskIndex, parallelism, runtimeContext } = context;
    const states = this.#states;
    return {
      ...{ operatorName, subtaskIndex, parallelism, runtimeContext },
      attempt: runtimeContext.getAttemptNumber(),
      processingTimeService: this.#timers,
      initializationContext: {
        isRestored: () => states.isRestored,
        getOperatorStateStore: () => states,
        getKeyedStateStore: () => runtimeContext,
      },
    };
  }
}

/** Runs a sink's code. Errors: MR_SINK_FAILED. */
function guard<R>(operator: string, action: () => R): R {
  try {
    return action();
  } catch (error) {
    throw sinkFailed(operator, error);
  }
}

/** Runs a sink's code. Rejects with MR_SINK_FAILED. */
export async function guardAsync<R>(operator: string, action: () => R | Promise<R>): Promise<R> {
  try {
    return await action();
  } catch (error) {
    throw sinkFailed(operator, error);
  }
}

/** @returns MR_SINK_FAILED; an EngineError stays what it is */
export function sinkFailed(operator: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError("MR_SINK_FAILED", { operator, message }, error);
}
