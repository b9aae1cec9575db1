/** From the trigger of a checkpoint to its completion or abortion, and what is kept afterwards. */
import type { WireError } from "../../dataplane/protocol/errors.ts";
import type {
  AbortReason,
  Attempt,
  CompletedCheckpoint,
  CoordinatorState,
  PendingCheckpoint,
} from "./coordinator-types.ts";
import type { SubtaskId } from "./topology.ts";
import type { Transition } from "./transition.ts";
import { trigger, triggerDue } from "./triggering.ts";

export function acknowledge<S>(
  step: Transition<S>,
  { subtask, attempt }: Attempt,
  checkpointId: number,
  state: S,
): void {
  const checkpoint = step.state.pending.get(checkpointId);
  if (checkpoint?.unacknowledged.has(subtask) && step.isCurrent({ subtask, attempt })) {
    settleSubtask(step, checkpoint, subtask, state);
  } else if (!isKnown(step.state, checkpointId)) {
    step.emit({ kind: "discard-state", checkpointId, subtask, attempt, state });
  }
  // Else it is the second acknowledgement of a subtask whose first one counts.
}

/** What has finished will not acknowledge; all it gave came before the barrier. */
export function acknowledgeFinished<S>(step: Transition<S>, subtask: SubtaskId): void {
  endOutputs(step, subtask);
  for (const checkpoint of step.state.pending.values()) {
    if (checkpoint.unacknowledged.has(subtask)) settleSubtask(step, checkpoint, subtask, null);
  }
}

/** Consumers may have to be triggered for what its channels will not bring. */
export function endOutputs<S>(step: Transition<S>, subtask: SubtaskId): void {
  for (const checkpoint of step.state.pending.values()) {
    if (!checkpoint.unacknowledged.has(subtask)) continue;
    const silent = new Set(checkpoint.silent).add(subtask);
    const changed = { ...checkpoint, silent };
    step.set({ pending: new Map(step.state.pending).set(checkpoint.checkpointId, changed) });
    trigger(step, changed, step.state.options.topology.get(subtask)?.consumers ?? []);
  }
}

/** A part of it is on disk, or may be: acknowledgements of it are no orphans. */
function isKnown<S>({ pending, abandoned, completed }: CoordinatorState<S>, id: number): boolean {
  return pending.has(id) || abandoned.has(id) || completed.some((kept) => kept.checkpointId === id);
}

function settleSubtask<S>(
  step: Transition<S>,
  checkpoint: PendingCheckpoint<S>,
  subtask: SubtaskId,
  state: S | null,
): void {
  const unacknowledged = new Set(checkpoint.unacknowledged);
  unacknowledged.delete(subtask);
  const states = new Map(checkpoint.states).set(subtask, state);
  const phase = unacknowledged.size === 0 ? "writing" : "triggered";
  const changed: PendingCheckpoint<S> = { ...checkpoint, unacknowledged, states, phase };
  step.set({ pending: new Map(step.state.pending).set(checkpoint.checkpointId, changed) });
  if (phase === "writing") {
    const { checkpointId, type, mode, stop } = changed;
    step.emit({ kind: "write-manifest", checkpointId, type, mode, stop, states });
  }
}

/** The manifest is durable: from here on the checkpoint is what the job comes back to. */
export function complete<S>(step: Transition<S>, checkpointId: number): void {
  if (closeAbandoned(step, checkpointId)) return;
  const checkpoint = step.state.pending.get(checkpointId);
  if (checkpoint?.phase !== "writing") return;
  remove(step, checkpoint);
  if (checkpoint.type === "savepoint") completeSavepoint(step, checkpoint);
  else completeCheckpoint(step, checkpoint);
  triggerDue(step);
}

function completeCheckpoint<S>(
  step: Transition<S>,
  { checkpointId, requestId }: PendingCheckpoint<S>,
): void {
  const { nowMs, lastSuccess } = step.state;
  step.set({ completedMs: nowMs });
  if (checkpointId > lastSuccess) step.set({ lastSuccess: checkpointId, failedInRow: 0 });
  subsumeBefore(step, checkpointId);
  keep(step, { checkpointId, type: "checkpoint", isOwned: true });
  notifyComplete(step, checkpointId);
  if (requestId === null) return;
  step.emit({ kind: "answer", requestId, answer: { isCompleted: true, checkpointId } });
}

/** What sinks commit for it includes what they would have for older ones. */
function subsumeBefore<S>(step: Transition<S>, checkpointId: number): void {
  for (const older of step.state.pending.values()) {
    if (older.checkpointId < checkpointId && older.type === "checkpoint") {
      abort(step, older, "subsumed", null);
    }
  }
}

/**
 * Nobody hears of a savepoint that the job goes on after: what sinks commit must be in the checkpoints
 * it recovers from. One that stops the job is what it recovers from.
 */
function completeSavepoint<S>(
  step: Transition<S>,
  { checkpointId, requestId, stop }: PendingCheckpoint<S>,
): void {
  if (requestId === null) return;
  if (stop === null || step.state.job !== "running") {
    step.emit({ kind: "answer", requestId, answer: { isCompleted: true, checkpointId } });
    return;
  }
  const timer = step.startTimer(step.state.options.checkpointing.timeoutMs);
  step.set({ stopping: { requestId, checkpointId, timer } });
  subsumeBefore(step, checkpointId);
  keep(step, { checkpointId, type: "savepoint", isOwned: false });
  notifyComplete(step, checkpointId);
}

/** Adds it to those kept; beyond their number the oldest go, but never what somebody else owns. */
function keep<S>(step: Transition<S>, checkpoint: CompletedCheckpoint): void {
  const { retainedCount } = step.state.options.checkpointing;
  const completed = [...step.state.completed, checkpoint];
  const isSurplus = (_: CompletedCheckpoint, index: number): boolean =>
    index < completed.length - retainedCount;
  step.set({ completed: completed.filter((kept, index) => !isSurplus(kept, index)) });
  for (const { checkpointId, isOwned } of completed.filter(isSurplus)) {
    if (isOwned) step.emit({ kind: "discard-checkpoint", checkpointId });
  }
}

function notifyComplete<S>(step: Transition<S>, checkpointId: number): void {
  const attempts = step.inPhase("running", "waiting");
  step.emit({ kind: "notify-complete", checkpointId, attempts });
}

/** Gives a checkpoint up. While its manifest is being written, its files stay until that has ended. */
export function abort<S>(
  step: Transition<S>,
  checkpoint: PendingCheckpoint<S>,
  reason: AbortReason,
  error: WireError | null,
): void {
  const { checkpointId, requestId, phase } = checkpoint;
  remove(step, checkpoint);
  if (phase === "writing" && reason !== "manifest-failed") {
    step.set({ abandoned: new Set(step.state.abandoned).add(checkpointId) });
  } else {
    step.emit({ kind: "discard-checkpoint", checkpointId });
  }
  const attempts = step.inPhase("running", "waiting");
  step.emit({ kind: "notify-aborted", checkpointId, attempts, reason, error });
  if (requestId === null) return;
  const answer = { isCompleted: false, reason, error, checkpointId: null } as const;
  step.emit({ kind: "answer", requestId, answer });
}

/** Whether it was one that had been given up while its manifest was written. */
export function closeAbandoned<S>(step: Transition<S>, checkpointId: number): boolean {
  if (!step.state.abandoned.has(checkpointId)) return false;
  const abandoned = new Set(step.state.abandoned);
  abandoned.delete(checkpointId);
  step.set({ abandoned });
  step.emit({ kind: "discard-checkpoint", checkpointId });
  return true;
}

function remove<S>(step: Transition<S>, { checkpointId, expiryTimer }: PendingCheckpoint<S>): void {
  const pending = new Map(step.state.pending);
  pending.delete(checkpointId);
  step.set({ pending });
  step.stopTimer(expiryTimer);
}
