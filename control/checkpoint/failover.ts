/**
 * What follows a failure: the pipelined regions it hits are taken down and started again from the last
 * completed checkpoint, or the job fails. A new attempt starts when the old one has ended, its delay is
 * over, and it is settled which checkpoint is the last one.
 */
import type { Attempt, FailureCause, Restarting } from "./coordinator-types.ts";
import { abort } from "./pending-checkpoints.ts";
import { decideRestart } from "./restart-strategy.ts";
import type { SubtaskId } from "./topology.ts";
import type { Transition } from "./transition.ts";
import { adjustPeriodicTimer } from "./triggering.ts";

const FAILURES_KEPT = 16;

/** Some subtasks have failed, and have ended by that. */
export function failSubtasks<S>(
  step: Transition<S>,
  attempts: readonly Attempt[],
  cause: FailureCause,
): void {
  const current = attempts.filter((attempt) => step.isCurrent(attempt));
  const up = current.filter(({ subtask }) => !isDown(step, subtask));
  const ids = (of: readonly Attempt[]) => of.map(({ subtask }) => subtask);
  step.setPhase(ids(current), "stopped");
  // What is being taken down may fail by it.
  if (up.length > 0) fail(step, ids(up), cause);
  else restartIfReady(step);
}

/** The job fails outside its subtasks, or cannot go on with what they have become. */
export function failJob<S>(step: Transition<S>, cause: FailureCause): void {
  fail(step, [], cause);
}

function isDown<S>(step: Transition<S>, subtask: SubtaskId): boolean {
  const { phase } = step.status(subtask);
  return phase === "canceling" || phase === "stopped";
}

function fail<S>(step: Transition<S>, failed: readonly SubtaskId[], cause: FailureCause): void {
  if (step.state.job !== "running") return;
  const isGlobal = endStop(step, cause) || failed.length === 0;
  for (const checkpoint of step.state.pending.values()) {
    if (checkpoint.phase === "triggered") abort(step, checkpoint, "job-failed", cause.error);
  }
  const { restartStrategy } = step.state.options;
  const { history, delayMs } = cause.isRecoverable
    ? decideRestart(restartStrategy, step.state.restarts, step.moment)
    : { history: step.state.restarts, delayMs: null };
  const failure = { atMs: step.state.nowMs, subtasks: failed, cause, restartDelayMs: delayMs };
  const failures = [...step.state.failures, failure].slice(-FAILURES_KEPT);
  step.set({ restarts: history, failures });
  if (delayMs === null) failForGood(step, cause);
  else takeDown(step, isGlobal ? step.state.subtasks.keys() : regionsOf(step, failed), delayMs);
  adjustPeriodicTimer(step);
  restartIfReady(step);
}

/**
 * Sources may have ended for a stop-with-savepoint, in regions that have not failed, too. Answers
 * whether there was one: then everything is started again.
 */
function endStop<S>(step: Transition<S>, cause: FailureCause): boolean {
  const { stopping, pending } = step.state;
  if (stopping !== null) {
    const { requestId, checkpointId, timer } = stopping;
    step.stopTimer(timer);
    const { error } = cause;
    const answer = { isCompleted: false, reason: "job-failed", error, checkpointId } as const;
    step.emit({ kind: "answer", requestId, answer });
    step.set({ stopping: null });
  }
  return stopping !== null || [...pending.values()].some(({ stop }) => stop !== null);
}

function failForGood<S>(step: Transition<S>, cause: FailureCause): void {
  endJob(step);
  step.emit({ kind: "fail-job", cause });
}

/** Nothing is begun or started again any more. */
export function endJob<S>(step: Transition<S>): void {
  if (step.state.job !== "running") return;
  step.stopTimer(step.state.restarting?.timer ?? null);
  step.set({ job: "ending", restarting: null });
  adjustPeriodicTimer(step);
}

function regionsOf<S>(step: Transition<S>, failed: readonly SubtaskId[]): readonly SubtaskId[] {
  const { topology } = step.state.options;
  const regions = new Set(failed.map((subtask) => topology.get(subtask)?.region));
  return [...topology.values()].filter(({ region }) => regions.has(region)).map(({ id }) => id);
}

/** Joins what is being taken down already; all of it starts again at the later of both times. */
function takeDown<S>(step: Transition<S>, hit: Iterable<SubtaskId>, delayMs: number): void {
  const { restarting, nowMs } = step.state;
  const fresh = [...hit].filter((subtask) => !isDown(step, subtask) || !isTaken(step, subtask));
  const isUp = (subtask: SubtaskId): boolean =>
    ["created", "running", "waiting"].includes(step.status(subtask).phase);
  const up = step.attempts(fresh.filter(isUp));
  const finished = fresh.filter((subtask) => step.status(subtask).phase === "finished");
  step.setPhase(finished, "stopped");
  step.setPhase(
    up.map(({ subtask }) => subtask),
    "canceling",
  );
  if (up.length > 0) step.emit({ kind: "cancel-subtasks", attempts: up });
  const dueMs = Math.max(restarting?.dueMs ?? 0, nowMs + delayMs);
  step.stopTimer(restarting?.timer ?? null);
  const changed: Restarting = {
    subtasks: new Set([...(restarting?.subtasks ?? []), ...fresh]),
    timer: step.startTimer(dueMs - nowMs),
    dueMs,
  };
  step.set({ restarting: changed });
}

function isTaken<S>(step: Transition<S>, subtask: SubtaskId): boolean {
  return step.state.restarting?.subtasks.has(subtask) ?? false;
}

/** The delay is over. */
export function endRestartDelay<S>(step: Transition<S>, restarting: Restarting): void {
  step.set({ restarting: { ...restarting, timer: null } });
  restartIfReady(step);
}

export function restartIfReady<S>(step: Transition<S>): void {
  const { restarting, pending, completed, subtasks } = step.state;
  if (restarting === null || restarting.timer !== null || step.state.job !== "running") return;
  const ids = [...restarting.subtasks];
  if (ids.some((subtask) => step.status(subtask).phase !== "stopped")) return;
  if ([...pending.values()].some(({ phase }) => phase === "writing")) return;
  const changed = new Map(subtasks);
  for (const subtask of ids) {
    changed.set(subtask, { phase: "created", attempt: step.status(subtask).attempt + 1 });
  }
  step.set({ subtasks: changed, restarting: null });
  step.emit({
    kind: "restart",
    attempts: step.attempts(ids),
    isGlobal: ids.length === subtasks.size,
    checkpointId: completed.at(-1)?.checkpointId ?? null,
  });
}
