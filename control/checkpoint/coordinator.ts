/**
 * The checkpoint coordinator and failover of one job, as a pure state machine: no clock, no I/O and no
 * chance inside, so that production and simulation run the same code.
 *
 * Invariants
 *   1. Ids of checkpoints strictly increase, over restarts too.
 *   2. A checkpoint is complete when every subtask has acknowledged it, or had finished in front of it,
 *      and its manifest is durable; nobody hears of it before.
 *   3. Of what is kept, the last one is what the job comes back to; it is not deleted while it is.
 *   4. A subtask has one attempt at a time: the next starts when the one before has ended.
 *   5. Whatever is begun has a timer behind it that ends it.
 */
import { type EngineError, ERRORS, type WireError } from "../../dataplane/protocol/errors.ts";
import type {
  Attempt,
  CoordinatorAction,
  CoordinatorEvent,
  CoordinatorOptions,
  CoordinatorState,
  FailureCause,
  PendingCheckpoint,
  TerminalStatus,
} from "./coordinator-types.ts";
import { endJob, endRestartDelay, failJob, failSubtasks, restartIfReady } from "./failover.ts";
import {
  abort,
  acknowledge,
  acknowledgeFinished,
  closeAbandoned,
  complete,
  endOutputs,
} from "./pending-checkpoints.ts";
import { type Moment, NO_RESTARTS } from "./restart-strategy.ts";
import { Transition } from "./transition.ts";
import {
  adjustPeriodicTimer,
  request,
  ringPeriodically,
  triggerDue,
  triggerFinal,
} from "./triggering.ts";

/** All subtasks are being deployed, as attempt 0. */
export function createCoordinator<S>(options: CoordinatorOptions): CoordinatorState<S> {
  return {
    options,
    nowMs: 0,
    job: "running",
    subtasks: new Map(
      [...options.topology.keys()].map((id) => [id, { phase: "created", attempt: 0 }]),
    ),
    nextTimerId: 1,
    nextCheckpointId: options.firstCheckpointId,
    periodicTimer: null,
    due: null,
    pending: new Map(),
    abandoned: new Set(),
    completed: options.completed,
    completedMs: null,
    lastSuccess: 0,
    failedInRow: 0,
    stopping: null,
    restarting: null,
    restarts: NO_RESTARTS,
    failures: [],
  };
}

export interface Step<S> {
  readonly state: CoordinatorState<S>;
  readonly actions: readonly CoordinatorAction<S>[];
}

export function stepCoordinator<S>(
  state: CoordinatorState<S>,
  event: CoordinatorEvent<S>,
  moment: Moment,
): Step<S> {
  const step = new Transition(state, moment);
  handle(step, event);
  return { state: step.state, actions: step.actions };
}

/** Nothing is under way that has to end before the storage can be closed. */
export function isSettled<S>({ pending, abandoned }: CoordinatorState<S>): boolean {
  return pending.size === 0 && abandoned.size === 0;
}

/** What an error means to the restart strategy: a job that is wrong would be wrong again. */
export function failureCause(error: EngineError): FailureCause {
  const { domain, scope } = ERRORS[error.code];
  return { error: error.toWire(), isRecoverable: domain !== "user" || scope !== "job" };
}

function handle<S>(step: Transition<S>, event: CoordinatorEvent<S>): void {
  switch (event.kind) {
    case "subtask-running":
    case "subtask-waiting":
    case "subtask-finished":
    case "subtask-canceled":
      if (step.isCurrent(event)) handleSubtask(step, event.kind, event);
      return;
    case "failed":
      if (event.attempts.length === 0) failJob(step, event.cause);
      else failSubtasks(step, event.attempts, event.cause);
      return;
    case "acknowledged":
      acknowledge(step, event, event.checkpointId, event.state);
      return;
    case "declined":
      abortFailed(step, event.checkpointId, "declined", event.cause.error);
      return;
    case "manifest-written":
      complete(step, event.checkpointId);
      restartIfReady(step);
      return;
    case "manifest-failed":
      if (closeAbandoned(step, event.checkpointId)) return;
      abortFailed(step, event.checkpointId, "manifest-failed", event.cause.error);
      restartIfReady(step);
      return;
    case "checkpoint-requested":
      request(step, { type: "checkpoint", requestId: event.requestId, stop: null });
      return;
    case "savepoint-requested":
      request(step, { type: "savepoint", requestId: event.requestId, stop: event.stop });
      return;
    case "timer":
      handleTimer(step, event.timerId);
      return;
    case "ending":
      endJob(step);
      return;
    case "terminated":
      terminate(step, event.status);
      return;
  }
}

function handleSubtask<S>(
  step: Transition<S>,
  kind: `subtask-${"running" | "waiting" | "finished" | "canceled"}`,
  { subtask }: Attempt,
): void {
  const { phase } = step.status(subtask);
  const isDown = phase === "canceling" || phase === "stopped";
  if (isDown) {
    if (kind === "subtask-canceled" || kind === "subtask-finished") {
      step.setPhase([subtask], "stopped");
    }
    restartIfReady(step);
    return;
  }
  if (kind === "subtask-canceled") return; // Nobody has told it to: the job is ending as a whole.
  step.setPhase([subtask], kind === "subtask-running" ? "running" : phaseOf(kind));
  if (kind === "subtask-finished") acknowledgeFinished(step, subtask);
  if (kind === "subtask-waiting") endOutputs(step, subtask);
  adjustPeriodicTimer(step);
  if (kind !== "subtask-running") triggerFinal(step);
}

function phaseOf(kind: "subtask-waiting" | "subtask-finished"): "waiting" | "finished" {
  return kind === "subtask-waiting" ? "waiting" : "finished";
}

function handleTimer<S>(step: Transition<S>, timerId: number): void {
  const { periodicTimer, restarting, pending, stopping } = step.state;
  if (timerId === periodicTimer) ringPeriodically(step);
  if (restarting !== null && timerId === restarting.timer) endRestartDelay(step, restarting);
  if (timerId === stopping?.timer)
    failJob(step, stopFailure(stopping.checkpointId, notStopped(step)));
  const expired = [...pending.values()].find(({ expiryTimer }) => expiryTimer === timerId);
  if (expired !== undefined) abortFailed(step, expired.checkpointId, "expired", null);
}

/** A checkpoint failed by itself: more than the job bears, and it is the job that fails. */
function abortFailed<S>(
  step: Transition<S>,
  checkpointId: number,
  reason: "declined" | "expired" | "manifest-failed",
  error: WireError | null,
): void {
  const checkpoint = step.state.pending.get(checkpointId);
  const isPossible = reason !== "declined" || checkpoint?.phase === "triggered";
  if (checkpoint === undefined || !isPossible) return;
  const known = error ?? expiryError(step, checkpoint);
  const { stop, type } = checkpoint;
  abort(step, checkpoint, reason, known);
  if (step.state.job !== "running") return;
  // Its sources have ended: only a restart brings them back.
  if (stop !== null) failJob(step, stopFailure(checkpointId, known));
  else if (type === "checkpoint") countFailure(step, checkpointId, known);
  restartIfReady(step);
  triggerDue(step);
}

function countFailure<S>(step: Transition<S>, checkpointId: number, error: WireError): void {
  const { tolerableFailures } = step.state.options.checkpointing;
  if (checkpointId < step.state.lastSuccess || step.state.restarting !== null) return;
  const failedInRow = step.state.failedInRow + 1;
  const isTooMany = failedInRow > tolerableFailures;
  step.set({ failedInRow: isTooMany ? 0 : failedInRow });
  if (isTooMany) failJob(step, tooManyFailures(tolerableFailures, error));
}

function expiryError<S>(step: Transition<S>, checkpoint: PendingCheckpoint<S>): WireError {
  const missing = [...checkpoint.unacknowledged].join(", ");
  return {
    code: "MR_CHECKPOINT_EXPIRED",
    details: {
      checkpoint: checkpoint.checkpointId,
      timeoutMs: step.state.options.checkpointing.timeoutMs,
      missing: missing === "" ? "the manifest" : missing,
    },
  };
}

function stopFailure(checkpointId: number, cause: WireError): FailureCause {
  const details = { checkpoint: checkpointId };
  return { error: { code: "MR_SAVEPOINT_STOP_FAILED", details, cause }, isRecoverable: true };
}

/** The savepoint is complete; its tasks have not finished in the time of a checkpoint. */
function notStopped<S>(step: Transition<S>): WireError {
  return {
    code: "MR_CHECKPOINT_EXPIRED",
    details: {
      checkpoint: step.state.stopping?.checkpointId ?? 0,
      timeoutMs: step.state.options.checkpointing.timeoutMs,
      missing: `the end of ${step.inPhase("running", "waiting").map(({ subtask }) => subtask)}`,
    },
  };
}

function tooManyFailures(tolerable: number, cause: WireError): FailureCause {
  const error: WireError = { code: "MR_CHECKPOINT_FAILURES", details: { tolerable }, cause };
  return { error, isRecoverable: true };
}

/** Flink's rule: FINISHED deletes checkpoints, unless asked not to; otherwise the retention decides. SUSPENDED keeps all. */
function terminate<S>(step: Transition<S>, status: TerminalStatus): void {
  endJob(step);
  const { stopping, pending } = step.state;
  step.set({ job: status, stopping: null });
  for (const checkpoint of pending.values()) {
    // A savepoint all of whose state is there is completed for whoever asked for it.
    const isKept = checkpoint.phase === "writing" && checkpoint.type === "savepoint";
    if (!isKept) abort(step, checkpoint, "job-ended", null);
  }
  if (stopping !== null) {
    const { requestId, checkpointId, timer } = stopping;
    step.stopTimer(timer);
    const answer = { isCompleted: true, checkpointId } as const;
    step.emit({ kind: "answer", requestId, answer });
  }
  if (isRetained(step, status)) return;
  for (const { checkpointId, isOwned } of step.state.completed) {
    if (isOwned) step.emit({ kind: "discard-checkpoint", checkpointId });
  }
  step.set({ completed: [] });
}

function isRetained<S>(step: Transition<S>, status: TerminalStatus): boolean {
  const { checkpointing, keepsFinished } = step.state.options;
  const { retention } = checkpointing;
  if (status === "FINISHED") return keepsFinished;
  if (status === "SUSPENDED") return true;
  if (status === "FAILED") return retention !== "NO_EXTERNALIZED_CHECKPOINTS";
  return retention === "RETAIN_ON_CANCELLATION";
}
