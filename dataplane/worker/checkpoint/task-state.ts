/** The state that a task starts from: what the subtasks of its operators left, as far as it is its own. */
import { keyGroupRange } from "../../formats/java-hash.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { OperatorRestore, TaskRestore } from "../../protocol/checkpoint.ts";
import type { Segment } from "../segment.ts";
import { shareOf } from "./operator-shares.ts";
import { restoreRows, type SubtaskPlace } from "./segment-rows.ts";
import type { SnapshotInput, SnapshotStorage } from "./snapshot-storage.ts";

export class TaskState {
  readonly #operators = new Map<string, readonly (SnapshotInput | null)[]>();
  readonly #place: SubtaskPlace;

  private constructor(place: SubtaskPlace) {
    this.#place = place;
  }

  /** Errors: those of the storage. Nothing stays open then. */
  static async open(
    restore: TaskRestore,
    storage: SnapshotStorage,
    place: SubtaskPlace,
  ): Promise<TaskState> {
    const state = new TaskState(place);
    try {
      for (const operator of restore.operators) await state.#open(operator, storage);
      return state;
    } catch (error) {
      await state.close();
      throw error;
    }
  }

  /** Before the segment is opened. */
  async restoreEntries(segment: Segment, operatorId: string): Promise<void> {
    if (segment.restoreOperatorState === undefined) return;
    const { subtaskIndex, parallelism } = this.#place;
    const inputs = this.#operators.get(operatorId) ?? [];
    const entries = inputs.map((input) => input?.operatorState(operatorId) ?? []);
    segment.restoreOperatorState(shareOf(await Promise.all(entries), subtaskIndex, parallelism));
  }

  /** When it is open. */
  async restoreRows(segment: Segment, operatorId: string, memory: TaskMemory): Promise<void> {
    const { subtaskIndex, parallelism, maxParallelism } = this.#place;
    const { start, end } = keyGroupRange(maxParallelism, parallelism, subtaskIndex);
    // Broadcast state lies behind the last key group.
    const isWanted = (first: number, last: number): boolean =>
      (first <= end && last >= start) || last === maxParallelism;
    for (const input of this.#operators.get(operatorId) ?? []) {
      for await (const block of input?.rows(operatorId, isWanted) ?? []) {
        restoreRows(segment, memory, block, this.#place);
      }
    }
  }

  async close(): Promise<void> {
    for (const inputs of this.#operators.values()) {
      for (const input of inputs) await input?.close();
    }
    this.#operators.clear();
  }

  async #open({ operatorId, subtasks }: OperatorRestore, storage: SnapshotStorage): Promise<void> {
    const inputs: (SnapshotInput | null)[] = [];
    this.#operators.set(operatorId, inputs);
    for (const state of subtasks) inputs.push(state === null ? null : await storage.open(state));
  }
}
