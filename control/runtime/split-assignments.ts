/** Which splits a source has given to its subtasks and no completed checkpoint holds: after a restart they are given again. */

interface Assignment {
  readonly subtaskIndex: number;
  readonly splits: readonly unknown[];
  /** The first checkpoint that was triggered behind it; null = none so far. */
  checkpointId: number | null;
}

export class SplitAssignments {
  #open: Assignment[] = [];

  add(subtaskIndex: number, splits: readonly unknown[]): void {
    this.#open.push({ subtaskIndex, splits, checkpointId: null });
  }

  /** A checkpoint is triggered: the readers' snapshots have what was given before. */
  snapshot(checkpointId: number): void {
    for (const assignment of this.#open) assignment.checkpointId ??= checkpointId;
  }

  completed(checkpointId: number): void {
    this.#open = this.#open.filter((one) => (one.checkpointId ?? Infinity) > checkpointId);
  }

  /** What the reader of a subtask does not have when it starts again from the last completed checkpoint. */
  takeBack(subtaskIndex: number): readonly unknown[] {
    const isLost = (one: Assignment): boolean => one.subtaskIndex === subtaskIndex;
    const lost = this.#open.filter(isLost);
    this.#open = this.#open.filter((one) => !isLost(one));
    return lost.flatMap(({ splits }) => splits);
  }
}
