/**
 * One parallel instance of a task, from its start to its end:
 *
 *   created -> opening -> running -> closing -> ended
 *
 * One that is canceled or fails goes to closing from anywhere. How it ended is reported once: a
 * failure as soon as it is known, and "closed" when everything of it is closed; all else then. step() never throws:
 * what a segment throws is how the subtask ends.
 */
import type { TaskSpec } from "../protocol/deployment.ts";
import { EngineError, type WireError } from "../protocol/errors.ts";
import type { SlotCommand } from "../protocol/messages.ts";
import {
  METRIC_BACKPRESSURED_MS,
  METRIC_BUSY_MS,
  METRIC_IDLE_MS,
  METRIC_MEMORY_BYTES,
} from "../protocol/metrics-layout.ts";
import { createTask } from "./create-task.ts";
import type { Steppable } from "./mailbox-loop.ts";
import type { RunningTask } from "./running-task.ts";
import type { SubtaskEnvironment } from "./subtask-environment.ts";
import { wireError } from "./wire-error.ts";

type Life = "created" | "opening" | "running" | "closing" | "ended";
type Ending =
  | { readonly kind: "finished" }
  | { readonly kind: "canceled" }
  | { readonly kind: "failed"; readonly error: WireError };

type TriggerCheckpoint = Extract<SlotCommand, { readonly kind: "trigger-checkpoint" }>;
interface Decline {
  readonly kind: "decline-checkpoint";
  readonly checkpointId: number;
  readonly error: WireError;
}

export class Subtask implements Steppable {
  readonly spec: TaskSpec;
  readonly #environment: SubtaskEnvironment;
  #life: Life = "created";
  #task: RunningTask | null = null;
  #opening: Promise<void> = Promise.resolve();
  #ending: Ending | null = null;
  #isWaiting = false;
  /** Splits that came before the source was open. */
  #earlySplits: (readonly unknown[])[] = [];
  #hasAllSplits = false;
  /** Until when the time is counted, and as what the time since then will be. */
  #countedToMs = 0;
  #timeIs = METRIC_IDLE_MS;

  constructor(spec: TaskSpec, environment: SubtaskEnvironment) {
    this.spec = spec;
    this.#environment = environment;
  }

  get isEnded(): boolean {
    return this.#life === "ended";
  }

  /** Opens the chain; the subtask runs when that is done. */
  start(): void {
    if (this.#life !== "created") return;
    this.#life = "opening";
    this.#opening = this.#open();
  }

  /** Stops where it is: rows under way are dropped. */
  cancel(): void {
    this.#end({ kind: "canceled" });
  }

  addSplits(splits: readonly unknown[]): void {
    this.#earlySplits.push(splits);
    this.#passSplitsOn();
  }

  notifyNoMoreSplits(): void {
    this.#hasAllSplits = true;
    this.#passSplitsOn();
  }

  /** Sources send the barrier; who has ended, or is about to, acknowledges by that. */
  triggerCheckpoint({ checkpointId, triggeredMs, options }: TriggerCheckpoint): void {
    if (this.#life === "closing" || this.#life === "ended") return;
    const task = this.#running;
    if (task === null) {
      const cause = new EngineError("MR_CHECKPOINT_NOT_RUNNING", { operator: this.spec.name });
      const error = wireError(cause, this.spec);
      this.#report({ kind: "decline-checkpoint", checkpointId, error });
      return;
    }
    task.announce({
      kind: "barrier",
      checkpointId: BigInt(checkpointId),
      triggeredMs: BigInt(triggeredMs),
      options,
    });
  }

  completeCheckpoint(checkpointId: number): void {
    this.#guard(() => this.#running?.notifyComplete(checkpointId));
  }

  abortCheckpoint(checkpointId: number): void {
    this.#guard(() => this.#running?.abort(checkpointId));
    this.#passSplitsOn();
  }

  dueAt(nowMs: number): number {
    return this.#running?.dueAt(nowMs) ?? Number.POSITIVE_INFINITY;
  }

  canAdvance(nowMs: number): boolean {
    return this.#running?.canAdvance(nowMs) ?? false;
  }

  askToBeWoken(): void {
    const task = this.#running;
    if (task === null) return;
    task.askToBeWoken();
    // It was dealt with all there was and is about to sleep.
    if (task.progress === "done") this.#timeIs = METRIC_IDLE_MS;
  }

  step(): void {
    const task = this.#running;
    if (task === null) return;
    const { clock } = this.#environment;
    const { metrics, memory } = task.parts;
    const startMs = clock.monotonic();
    metrics.add(this.#timeIs, startMs - this.#countedToMs);
    this.#guard(() => {
      if (task.step(startMs) === "ended") this.#end({ kind: "finished" });
      else if (task.awaitsCheckpoint) this.#wait();
    });
    if (this.#earlySplits.length > 0 || this.#hasAllSplits) this.#passSplitsOn();
    this.#countedToMs = clock.monotonic();
    metrics.add(METRIC_BUSY_MS, this.#countedToMs - startMs);
    metrics.set(METRIC_MEMORY_BYTES, memory.manager.borrowedBy(memory.owner));
    this.#timeIs = counterOf(task.progress);
  }

  get #running(): RunningTask | null {
    return this.#life === "running" ? this.#task : null;
  }

  /** Never rejects. */
  async #open(): Promise<void> {
    try {
      this.#task = createTask(this.spec, this.#environment);
      await this.#task.open();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#ending !== null) return;
    this.#life = "running";
    this.#countedToMs = this.#environment.clock.monotonic();
    this.#report({ kind: "running" });
    this.#passSplitsOn();
  }

  #passSplitsOn(): void {
    const task = this.#running;
    const source = task?.parts.source ?? null;
    if (source !== null && task?.takesSplits === true) {
      this.#guard(() => {
        for (const splits of this.#earlySplits.splice(0)) source.addSplits(splits);
        if (this.#hasAllSplits) source.notifyNoMoreSplits();
        this.#hasAllSplits = false;
      });
    }
    this.#environment.wake();
  }

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#report({ kind: "waiting" });
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#end({ kind: "failed", error: wireError(error, this.spec) });
  }

  #end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.#life = "closing";
    if (ending.kind === "failed") {
      this.#report(ending);
      // After the report: what consumers report then is its consequence.
      this.#task?.markFailed();
    }
    void this.#close(ending);
  }

  /** Never rejects. */
  async #close(ending: Ending): Promise<void> {
    await this.#opening;
    const failure = (await this.#task?.close()) ?? null;
    if (ending.kind === "finished" && failure !== null) {
      this.#report({ kind: "failed", error: wireError(failure.error, this.spec) });
      this.#report({ kind: "closed" });
    } else {
      this.#report(ending.kind === "failed" ? { kind: "closed" } : ending);
    }
    this.#life = "ended";
    this.#environment.wake();
  }

  #report(event: Ending | { readonly kind: "running" | "waiting" | "closed" } | Decline): void {
    const { vertexId, subtaskIndex } = this.spec;
    const address = { vertexId, subtaskIndex };
    if (event.kind === "finished") {
      const accumulators = this.#task?.accumulators() ?? [];
      this.#environment.report({ ...address, kind: "finished", accumulators });
    } else {
      this.#environment.report({ ...address, ...event });
    }
  }
}

/** What the time until the next step counts as. */
function counterOf(progress: RunningTask["progress"]): number {
  if (progress === "blocked") return METRIC_BACKPRESSURED_MS;
  return progress === null ? METRIC_IDLE_MS : METRIC_BUSY_MS;
}
