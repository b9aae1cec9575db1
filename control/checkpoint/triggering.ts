/** When checkpoints and savepoints begin. */
import type {
  PendingCheckpoint,
  RefusalReason,
  StopMode,
  SubtaskPhase,
} from "./coordinator-types.ts";
import type { SubtaskId } from "./topology.ts";
import type { Transition } from "./transition.ts";

interface Request {
  readonly type: "checkpoint" | "savepoint";
  readonly stop: StopMode;
  readonly requestId: string | null;
}

const CHECKPOINT: Request = { type: "checkpoint", stop: null, requestId: null };

/** Starts and stops the periodic timer with the subtasks: it runs while all of them do. */
export function adjustPeriodicTimer<S>(step: Transition<S>): void {
  const { options, periodicTimer } = step.state;
  const { intervalMs } = options.checkpointing;
  const runs = intervalMs !== null && isEverythingUp(step) && !isStopping(step);
  if (runs && periodicTimer === null) setPeriodicTimer(step, intervalMs);
  if (runs) return;
  step.stopTimer(periodicTimer);
  step.set({ periodicTimer: null, due: null });
}

/** The periodic timer has rung. */
export function ringPeriodically<S>(step: Transition<S>): void {
  const { checkpointing } = step.state.options;
  step.set({ periodicTimer: null, due: step.state.due ?? "periodic" });
  setPeriodicTimer(step, checkpointing.intervalMs ?? 0);
  triggerDue(step);
}

/** Begins the checkpoint that is due, if it may begin now. */
export function triggerDue<S>(step: Transition<S>): void {
  const { due, pending, options } = step.state;
  const { minPauseMs, maxConcurrent, afterTasksFinish } = options.checkpointing;
  if (due === null || !isEverythingUp(step) || isStopping(step)) return;
  if (pending.size >= (minPauseMs > 0 ? 1 : maxConcurrent)) return;
  const pauseMs = due === "final" ? 0 : remainingPauseMs(step);
  step.set({ due: null });
  if (pauseMs > 0) {
    step.stopTimer(step.state.periodicTimer);
    setPeriodicTimer(step, pauseMs);
  } else if (afterTasksFinish || step.inPhase("finished").length === 0) {
    begin(step, CHECKPOINT);
  }
}

/** Where all that has not finished waits for a checkpoint, nobody gains by its interval. */
export function triggerFinal<S>(step: Transition<S>): void {
  if (step.inPhase("waiting").length === 0) return;
  if (step.inPhase("created", "running", "canceling", "stopped").length > 0) return;
  if (step.state.options.checkpointing.intervalMs === null) return;
  step.set({ due: "final" });
  triggerDue(step);
}

/** It is somebody's wish: neither pause nor number in flight keeps it waiting. */
export function request<S>(
  step: Transition<S>,
  wish: Request & { readonly requestId: string },
): void {
  const { requestId } = wish;
  const reason = refusalOf(step);
  if (reason !== null) {
    const answer = { isCompleted: false, reason, error: null, checkpointId: null } as const;
    step.emit({ kind: "answer", requestId, answer });
    return;
  }
  begin(step, wish);
  adjustPeriodicTimer(step);
}

function refusalOf<S>(step: Transition<S>): RefusalReason | null {
  if (step.state.job !== "running") return "job-ended";
  if (isStopping(step)) return "stopping";
  if (!isEverythingUp(step)) return "not-all-running";
  const { afterTasksFinish } = step.state.options.checkpointing;
  return afterTasksFinish || step.inPhase("finished").length === 0 ? null : "some-finished";
}

/** Whether there is something to checkpoint, and all of it answers. */
function isEverythingUp<S>(step: Transition<S>): boolean {
  if (step.state.job !== "running" || step.state.restarting !== null) return false;
  if (step.inPhase("created", "canceling", "stopped").length > 0) return false;
  return step.inPhase("running", "waiting").length > 0;
}

function isStopping<S>(step: Transition<S>): boolean {
  const { stopping, pending } = step.state;
  return stopping !== null || [...pending.values()].some(({ stop }) => stop !== null);
}

function remainingPauseMs<S>(step: Transition<S>): number {
  const { completedMs, options, nowMs } = step.state;
  return completedMs === null ? 0 : completedMs + options.checkpointing.minPauseMs - nowMs;
}

function setPeriodicTimer<S>(step: Transition<S>, delayMs: number): void {
  step.set({ periodicTimer: step.startTimer(delayMs) });
}

function begin<S>(step: Transition<S>, { type, stop, requestId }: Request): void {
  const { nextCheckpointId: checkpointId, options, pending } = step.state;
  const { mode, timeoutMs } = options.checkpointing;
  const idsIn = (...phases: readonly SubtaskPhase[]) =>
    step.inPhase(...phases).map(({ subtask }) => subtask);
  const checkpoint: PendingCheckpoint<S> = {
    checkpointId,
    type,
    mode,
    stop,
    requestId,
    phase: "triggered",
    unacknowledged: new Set(idsIn("running", "waiting")),
    states: new Map(idsIn("finished").map((subtask) => [subtask, null])),
    silent: new Set(idsIn("waiting", "finished")),
    expiryTimer: step.startTimer(timeoutMs),
  };
  step.set({
    nextCheckpointId: checkpointId + 1,
    pending: new Map(pending).set(checkpointId, checkpoint),
  });
  step.emit({ kind: "begin-checkpoint", checkpointId, type, mode, stop });
  trigger(step, checkpoint, checkpoint.unacknowledged);
}

/** Triggers those of `candidates` that get no barrier by a channel. */
export function trigger<S>(
  step: Transition<S>,
  checkpoint: PendingCheckpoint<S>,
  candidates: Iterable<SubtaskId>,
): void {
  const { topology } = step.state.options;
  const { checkpointId, type, mode, stop, unacknowledged, silent } = checkpoint;
  const heads = [...candidates].filter(
    (subtask) =>
      unacknowledged.has(subtask) &&
      (topology.get(subtask)?.producers ?? []).every((producer) => silent.has(producer)),
  );
  if (heads.length === 0) return;
  const attempts = step.attempts(heads);
  step.emit({ kind: "trigger", checkpointId, type, mode, stop, attempts });
}
