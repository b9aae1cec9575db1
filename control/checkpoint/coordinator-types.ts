/**
 * What the coordinator knows, hears and asks for. `S` is where the state of a subtask lies: the
 * coordinator hands it on and never looks inside.
 *
 * Whoever drives it carries out actions in their order, and reports. It answers
 *   write-manifest    by manifest-written or manifest-failed,
 *   cancel-subtasks   by subtask-canceled for each of them that has not ended otherwise, by force if it
 *                     must: nothing of an attempt may run when that is said,
 *   set-timer         by timer, later or never; a timer that was canceled may still ring.
 */
import type { WireError } from "../../dataplane/protocol/errors.ts";
import type { CheckpointingSpec, RestartStrategySpec } from "../plan/checkpoint-schema.ts";
import type { RestartHistory } from "./restart-strategy.ts";
import type { SubtaskId, Topology } from "./topology.ts";

/** One execution of a subtask. */
export interface Attempt {
  readonly subtask: SubtaskId;
  /** From 0; each restart is another. */
  readonly attempt: number;
}

export interface FailureCause {
  readonly error: WireError;
  /** Whether the restart strategy is asked; a program that is wrong fails for good. */
  readonly isRecoverable: boolean;
}

/** What sources do behind the barrier: null = go on. */
export type StopMode = null | "suspend" | "drain";

export interface CheckpointProperties {
  readonly type: "checkpoint" | "savepoint";
  readonly mode: CheckpointingSpec["mode"];
  readonly stop: StopMode;
}

/** Why a checkpoint came to nothing. */
export type AbortReason =
  | "declined"
  | "expired"
  | "manifest-failed"
  /** A later one was completed first. */
  | "subsumed"
  | "job-failed"
  | "job-ended";

/** Why a savepoint was not even begun. */
export type RefusalReason = "not-all-running" | "some-finished" | "stopping" | "job-ended";

export type RequestAnswer =
  | { readonly isCompleted: true; readonly checkpointId: number }
  | {
      readonly isCompleted: false;
      readonly reason: AbortReason | RefusalReason;
      readonly error: WireError | null;
      /** Stop-with-savepoint: the savepoint is complete, the job failed before it had stopped. */
      readonly checkpointId: number | null;
    };

export interface PendingCheckpoint<S> extends CheckpointProperties {
  readonly checkpointId: number;
  readonly requestId: string | null;
  /** triggered: subtasks are at it. writing: all have acknowledged, the manifest is being written. */
  readonly phase: "triggered" | "writing";
  readonly unacknowledged: ReadonlySet<SubtaskId>;
  /** null = it had finished. */
  readonly states: ReadonlyMap<SubtaskId, S | null>;
  /** Subtasks whose outputs ended without a barrier of it, or may have: finished and waiting ones. */
  readonly silent: ReadonlySet<SubtaskId>;
  readonly expiryTimer: number;
}

export interface CompletedCheckpoint {
  readonly checkpointId: number;
  readonly type: "checkpoint" | "savepoint";
  /** Whether it is this job's to delete. */
  readonly isOwned: boolean;
}

/**
 * created: being deployed. running. waiting: has all its input behind it and waits for a completed
 * checkpoint. finished. canceling: told to stop. stopped: ended, will be started again.
 */
export type SubtaskPhase = "created" | "running" | "waiting" | "finished" | "canceling" | "stopped";

export interface SubtaskStatus {
  readonly phase: SubtaskPhase;
  readonly attempt: number;
}

/** Subtasks that are being taken down in order to start them again. */
export interface Restarting {
  readonly subtasks: ReadonlySet<SubtaskId>;
  /** null = the delay is over. */
  readonly timer: number | null;
  /** On the coordinator's clock. */
  readonly dueMs: number;
}

export interface Stopping {
  readonly requestId: string;
  readonly checkpointId: number;
  /** Tasks that do not finish in the time of a checkpoint are started again. */
  readonly timer: number;
}

export interface Failure {
  readonly atMs: number;
  /** Subtasks that failed; none = the job as a whole. */
  readonly subtasks: readonly SubtaskId[];
  readonly cause: FailureCause;
  /** null = the job failed for good. */
  readonly restartDelayMs: number | null;
}

export type TerminalStatus = "FINISHED" | "CANCELED" | "FAILED" | "SUSPENDED";

export interface CoordinatorOptions {
  readonly checkpointing: CheckpointingSpec;
  readonly restartStrategy: RestartStrategySpec;
  readonly topology: Topology;
  /** What the job starts from; the last one is restored. */
  readonly completed: readonly CompletedCheckpoint[];
  /** Above all ids there ever were. */
  readonly firstCheckpointId: number;
  /** The last checkpoint outlives a job that has finished: one that is started again finds nothing left to do. */
  readonly keepsFinished: boolean;
}

export interface CoordinatorState<S> {
  readonly options: CoordinatorOptions;
  /** Never goes back. */
  readonly nowMs: number;
  /** ending: nothing is begun or started again any more. */
  readonly job: "running" | "ending" | TerminalStatus;
  readonly subtasks: ReadonlyMap<SubtaskId, SubtaskStatus>;
  readonly nextTimerId: number;
  readonly nextCheckpointId: number;
  /** null = it does not run. */
  readonly periodicTimer: number | null;
  /** A checkpoint waits for another to end: periodic, or the last one of a job, which has no pause. */
  readonly due: null | "periodic" | "final";
  /** In the order of their ids. */
  readonly pending: ReadonlyMap<number, PendingCheckpoint<S>>;
  /** Given up while their manifests were being written: deleted when that has ended. */
  readonly abandoned: ReadonlySet<number>;
  /** Kept ones, the last one to restore from at the end. */
  readonly completed: readonly CompletedCheckpoint[];
  readonly completedMs: number | null;
  /** Id of the last success of a checkpoint; failures of older ones do not count. */
  readonly lastSuccess: number;
  /** Failed ones since then that count. */
  readonly failedInRow: number;
  /** A stop-with-savepoint whose savepoint is complete: its tasks are finishing. */
  readonly stopping: Stopping | null;
  readonly restarting: Restarting | null;
  readonly restarts: RestartHistory;
  /** The last ones, oldest first. */
  readonly failures: readonly Failure[];
}

export type CoordinatorEvent<S> =
  /**
   * running: its state is restored; what it was restored from may be deleted from then on.
   * finished: behind the acknowledgements of all barriers it has passed; where one of them stops the
   * job, behind the notice that this savepoint is complete.
   */
  | (Attempt & {
      readonly kind:
        | "subtask-running"
        | "subtask-waiting"
        | "subtask-finished"
        | "subtask-canceled";
    })
  /** Several where they fail as one: all of a dead slot. None: the job, outside its subtasks. */
  | { readonly kind: "failed"; readonly attempts: readonly Attempt[]; readonly cause: FailureCause }
  | (Attempt & { readonly kind: "acknowledged"; readonly checkpointId: number; readonly state: S })
  /** By a subtask, or by what the master has to do for a checkpoint itself. */
  | { readonly kind: "declined"; readonly checkpointId: number; readonly cause: FailureCause }
  | { readonly kind: "manifest-written"; readonly checkpointId: number }
  | {
      readonly kind: "manifest-failed";
      readonly checkpointId: number;
      readonly cause: FailureCause;
    }
  | { readonly kind: "savepoint-requested"; readonly requestId: string; readonly stop: StopMode }
  /** A checkpoint out of turn. */
  | { readonly kind: "checkpoint-requested"; readonly requestId: string }
  | { readonly kind: "timer"; readonly timerId: number }
  /** Somebody cancels the job, or its end is near for another reason. */
  | { readonly kind: "ending" }
  /** The job has ended and none of its subtasks runs any more. */
  | { readonly kind: "terminated"; readonly status: TerminalStatus };

interface CheckpointNotice {
  readonly checkpointId: number;
  readonly attempts: readonly Attempt[];
}

export type CoordinatorAction<S> =
  | { readonly kind: "set-timer"; readonly timerId: number; readonly delayMs: number }
  | { readonly kind: "cancel-timer"; readonly timerId: number }
  /** Snapshot the split enumerators, before the triggers that follow. */
  | (CheckpointProperties & { readonly kind: "begin-checkpoint"; readonly checkpointId: number })
  /**
   * Subtasks that get no barrier by a channel: sources, and those whose channels have all ended, or will
   * end without one. The latter act when all their channels have ended, if they have not passed that
   * barrier. Who has ended its outputs itself sends none on; it acknowledges if it waits, and else is
   * about to say that it has finished, which counts.
   */
  | (CheckpointProperties & {
      readonly kind: "trigger";
      readonly checkpointId: number;
      readonly attempts: readonly Attempt[];
    })
  | (CheckpointProperties & {
      readonly kind: "write-manifest";
      readonly checkpointId: number;
      readonly states: ReadonlyMap<SubtaskId, S | null>;
    })
  | (CheckpointNotice & { readonly kind: "notify-complete" })
  | (CheckpointNotice & {
      readonly kind: "notify-aborted";
      readonly reason: AbortReason;
      readonly error: WireError | null;
    })
  /** All files of it, the manifest first. */
  | { readonly kind: "discard-checkpoint"; readonly checkpointId: number }
  /** What a subtask acknowledged too late. */
  | (Attempt & { readonly kind: "discard-state"; readonly checkpointId: number; readonly state: S })
  | { readonly kind: "cancel-subtasks"; readonly attempts: readonly Attempt[] }
  | {
      readonly kind: "restart";
      readonly attempts: readonly Attempt[];
      /** All subtasks: enumerators are restored too. Else they take back what they gave since then. */
      readonly isGlobal: boolean;
      /** null = as at the start. */
      readonly checkpointId: number | null;
    }
  | { readonly kind: "fail-job"; readonly cause: FailureCause }
  | { readonly kind: "answer"; readonly requestId: string; readonly answer: RequestAnswer };
