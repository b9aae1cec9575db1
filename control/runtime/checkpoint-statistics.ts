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

export interface RestoredFigures {
  readonly checkpointId: number;
  readonly type: CheckpointProperties["type"];
  readonly restoredMs: number;
  readonly path: string | null;
}

export class CheckpointStatistics {
  readonly counts = { restored: 0, total: 0, inProgress: 0, completed: 0, failed: 0 };
  /** Oldest first. */
  #checkpoints: readonly CheckpointFigures[] = [];
  #restored: RestoredFigures | null = null;

  /** The last ones, and those under way; newest first. */
  get history(): readonly CheckpointFigures[] {
    const shown = this.#checkpoints.slice(-HISTORY_SIZE);
    const open = this.#checkpoints.slice(0, -HISTORY_SIZE).filter(isOpen);
    return [...open, ...shown].reverse();
  }

  get restored(): RestoredFigures | null {
    return this.#restored;
  }

  get latestCompleted(): CheckpointFigures | null {
    return this.#latest(({ status, type }) => status === "COMPLETED" && type === "checkpoint");
  }

  get latestSavepoint(): CheckpointFigures | null {
    return this.#latest(({ status, type }) => status === "COMPLETED" && type === "savepoint");
  }

  get latestFailed(): CheckpointFigures | null {
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
    this.counts.total += 1;
    this.counts.inProgress += 1;
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
    this.counts.restored += 1;
    this.#restored = restored;
  }

  #end(
    checkpointId: number,
    change: Partial<CheckpointFigures> & { readonly status: "COMPLETED" | "FAILED" },
  ): void {
    const found = this.#checkpoints.find((checkpoint) => checkpoint.checkpointId === checkpointId);
    if (found === undefined || !isOpen(found)) return;
    this.counts.inProgress -= 1;
    this.counts[change.status === "COMPLETED" ? "completed" : "failed"] += 1;
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

  #forget(): void {
    const kept = new Set([this.latestCompleted, this.latestSavepoint, this.latestFailed]);
    const oldest = this.#checkpoints.length - HISTORY_SIZE;
    this.#checkpoints = this.#checkpoints.filter(
      (checkpoint, index) => index >= oldest || isOpen(checkpoint) || kept.has(checkpoint),
    );
  }
}

function isOpen({ status }: CheckpointFigures): boolean {
  return status === "IN_PROGRESS";
}
