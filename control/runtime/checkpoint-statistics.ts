/** What a job's checkpoints came to, for those who look at it. Times are ms since the epoch. */
import { EngineError, type WireError } from "../../dataplane/protocol/errors.ts";
import type { AbortReason, CheckpointProperties } from "../checkpoint/coordinator-types.ts";
import type { SubtaskId } from "../checkpoint/topology.ts";

/** Checkpoints that are remembered, besides those under way and the latest of each kind. */
const HISTORY_SIZE = 10;

export interface SubtaskCheckpointFigures {
  readonly acknowledgedMs: number;
  /** ms between the first and the last barrier, that the task stood still, and until its state was safe. */
  readonly alignmentMs: number;
  readonly syncMs: number;
  readonly asyncMs: number;
  /** Of its state. */
  readonly bytes: number;
}

export interface CheckpointFigures extends CheckpointProperties {
  readonly checkpointId: number;
  readonly status: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  readonly triggeredMs: number;
  /** Of its completion or failure; null = it is under way. */
  readonly endedMs: number | null;
  /** Subtasks that take part in it. */
  readonly subtasks: readonly SubtaskId[];
  readonly acknowledged: ReadonlyMap<SubtaskId, SubtaskCheckpointFigures>;
  /** Of its folder; null = it is not complete. */
  readonly path: string | null;
  readonly isDiscarded: boolean;
  readonly failure: { readonly reason: AbortReason; readonly message: string } | null;
}

export interface CheckpointCounts {
  readonly restored: number;
  readonly total: number;
  readonly inProgress: number;
  readonly completed: number;
  readonly failed: number;
}

export interface RestoredFigures {
  readonly checkpointId: number;
  readonly type: CheckpointProperties["type"];
  readonly restoredMs: number;
  readonly path: string | null;
}

const NO_COUNTS: CheckpointCounts = {
  restored: 0,
  total: 0,
  inProgress: 0,
  completed: 0,
  failed: 0,
};

/** Immutable: what its checkpoints have come to by now. */
export interface CheckpointProgress {
  readonly counts: CheckpointCounts;
  /** The last ones, and those under way; newest first. */
  readonly history: readonly CheckpointFigures[];
  readonly latestCompleted: CheckpointFigures | null;
  readonly latestSavepoint: CheckpointFigures | null;
  readonly latestFailed: CheckpointFigures | null;
  readonly restored: RestoredFigures | null;
}

export const NO_CHECKPOINTS: CheckpointProgress = {
  counts: NO_COUNTS,
  history: [],
  latestCompleted: null,
  latestSavepoint: null,
  latestFailed: null,
  restored: null,
};

export class CheckpointStatistics {
  #counts: CheckpointCounts = NO_COUNTS;
  /** Oldest first. */
  #checkpoints: readonly CheckpointFigures[] = [];
  #restored: RestoredFigures | null = null;

  get progress(): CheckpointProgress {
    return {
      counts: this.#counts,
      history: this.#history,
      latestCompleted: this.#latestCompleted,
      latestSavepoint: this.#latestSavepoint,
      latestFailed: this.#latestFailed,
      restored: this.#restored,
    };
  }

  get #history(): readonly CheckpointFigures[] {
    const shown = this.#checkpoints.slice(-HISTORY_SIZE);
    const open = this.#checkpoints.slice(0, -HISTORY_SIZE).filter(isOpen);
    return [...open, ...shown].reverse();
  }

  get #latestCompleted(): CheckpointFigures | null {
    return this.#latest(({ status, type }) => status === "COMPLETED" && type === "checkpoint");
  }

  get #latestSavepoint(): CheckpointFigures | null {
    return this.#latest(({ status, type }) => status === "COMPLETED" && type === "savepoint");
  }

  get #latestFailed(): CheckpointFigures | null {
    return this.#latest(({ status }) => status === "FAILED");
  }

  began(
    checkpointId: number,
    { type, mode, stop }: CheckpointProperties,
    subtasks: readonly SubtaskId[],
    triggeredMs: number,
  ): void {
    const begun: CheckpointFigures = {
      ...{ checkpointId, type, mode, stop, triggeredMs, subtasks },
      status: "IN_PROGRESS",
      endedMs: null,
      acknowledged: new Map(),
      path: null,
      isDiscarded: false,
      failure: null,
    };
    this.#count({ total: 1, inProgress: 1 });
    this.#checkpoints = [...this.#checkpoints, begun];
    this.#forget();
  }

  acknowledged(checkpointId: number, subtask: SubtaskId, figures: SubtaskCheckpointFigures): void {
    this.#change(checkpointId, (checkpoint) => ({
      ...checkpoint,
      acknowledged: new Map(checkpoint.acknowledged).set(subtask, figures),
    }));
  }

  completed(checkpointId: number, path: string, endedMs: number): void {
    this.#end(checkpointId, { status: "COMPLETED", path, endedMs });
  }

  failed(
    checkpointId: number,
    reason: AbortReason,
    error: WireError | null,
    endedMs: number,
  ): void {
    const message = error === null ? reason : EngineError.fromWire(error).message;
    this.#end(checkpointId, { status: "FAILED", failure: { reason, message }, endedMs });
  }

  discarded(checkpointId: number): void {
    this.#change(checkpointId, (checkpoint) => ({ ...checkpoint, isDiscarded: true }));
  }

  restoredFrom(restored: RestoredFigures): void {
    this.#count({ restored: 1 });
    this.#restored = restored;
  }

  #end(
    checkpointId: number,
    change: Partial<CheckpointFigures> & { readonly status: "COMPLETED" | "FAILED" },
  ): void {
    const found = this.#checkpoints.find((checkpoint) => checkpoint.checkpointId === checkpointId);
    if (found === undefined || !isOpen(found)) return;
    this.#count({
      inProgress: -1,
      [change.status === "COMPLETED" ? "completed" : "failed"]: 1,
    });
    this.#change(checkpointId, (checkpoint) => ({ ...checkpoint, ...change }));
    this.#forget();
  }

  #change(
    checkpointId: number,
    change: (checkpoint: CheckpointFigures) => CheckpointFigures,
  ): void {
    this.#checkpoints = this.#checkpoints.map((checkpoint) =>
      checkpoint.checkpointId === checkpointId ? change(checkpoint) : checkpoint,
    );
  }

  #latest(wanted: (checkpoint: CheckpointFigures) => boolean): CheckpointFigures | null {
    return this.#checkpoints.findLast(wanted) ?? null;
  }

  #count(differences: Partial<CheckpointCounts>): void {
    const changed = Object.entries(differences).map(([name, difference]) => [
      name,
      this.#counts[name as keyof CheckpointCounts] + difference,
    ]);
    this.#counts = { ...this.#counts, ...Object.fromEntries(changed) };
  }

  #forget(): void {
    const kept = new Set([this.#latestCompleted, this.#latestSavepoint, this.#latestFailed]);
    const oldest = this.#checkpoints.length - HISTORY_SIZE;
    this.#checkpoints = this.#checkpoints.filter(
      (checkpoint, index) => index >= oldest || isOpen(checkpoint) || kept.has(checkpoint),
    );
  }
}

function isOpen({ status }: CheckpointFigures): boolean {
  return status === "IN_PROGRESS";
}
