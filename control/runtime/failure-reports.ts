/**
 * Failures of subtasks on their way to the coordinator. Ports are not ordered among each other, so that a
 * consequence can come before its cause: it waits for it, and is told as one with it.
 */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { failureCause } from "../checkpoint/coordinator.ts";
import type { SubtaskId } from "../checkpoint/topology.ts";
import type { Clock } from "../common/clock.ts";
import type { CoordinatorDriver } from "./coordinator-driver.ts";

/** ms that a consequence waits for its cause. */
const CAUSE_MS = 1_000;

export class FailureReports {
  readonly #clock: Clock;
  readonly #driver: CoordinatorDriver;
  /** Subtasks that have failed because another one has, and with what. */
  readonly #held = new Map<SubtaskId, EngineError>();
  #stopWaiting: () => void = () => undefined;

  constructor(clock: Clock, driver: CoordinatorDriver) {
    this.#clock = clock;
    this.#driver = driver;
  }

  failed(subtask: SubtaskId, error: EngineError): void {
    if (error.code === "MR_UPSTREAM_FAILED" && this.#isUp(subtask)) this.#hold(subtask, error);
    else this.#tell([subtask], error);
  }

  /** The thread of a slot is gone, and these with it. */
  lost(subtasks: readonly SubtaskId[], error: EngineError): void {
    if (subtasks.length > 0) this.#tell(subtasks, error);
  }

  close(): void {
    this.#stopWaiting();
    this.#held.clear();
  }

  #isUp(subtask: SubtaskId): boolean {
    const phase = this.#driver.state.subtasks.get(subtask)?.phase;
    return phase !== "canceling" && phase !== "stopped";
  }

  #hold(subtask: SubtaskId, error: EngineError): void {
    this.#held.set(subtask, error);
    this.#stopWaiting();
    this.#stopWaiting = this.#clock.after(CAUSE_MS, () => this.#tell([], error));
  }

  #tell(subtasks: readonly SubtaskId[], error: EngineError): void {
    this.#stopWaiting();
    const failed = new Set([...subtasks, ...this.#held.keys()]);
    this.#held.clear();
    const attempts = [...failed].map((id) => this.#driver.attemptOf(id));
    this.#driver.dispatch({ kind: "failed", attempts, cause: failureCause(error) });
  }
}

/** A slot that ended without a report: its thread is gone. */
export function slotError(slotIndex: number, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ERR_WORKER_OUT_OF_MEMORY"
    ? new EngineError("MR_WORKER_OUT_OF_MEMORY", { slot: slotIndex, message }, error)
    : new EngineError("MR_WORKER_DIED", { slot: slotIndex, message }, error);
}
