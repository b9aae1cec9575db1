/** The state that a task starts from: what the subtasks of its operators left, as far as it is its own. */
import { keyGroupRange } from "../../formats/java-hash.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { OperatorRestore, TaskRestore } from "../../protocol/checkpoint.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { Segment } from "../segment.ts";
import { shareOf } from "./operator-shares.ts";
import { restoreRows, type SubtaskPlace } from "./segment-rows.ts";
import type { SnapshotInput, SnapshotStorage } from "./snapshot-storage.ts";
import { refusalOf } from "./state-type-change.ts";

export class TaskState {
  readonly #operators = new Map<string, readonly (SnapshotInput | null)[]>();
  readonly #restore: TaskRestore;
  readonly #place: SubtaskPlace;

  private constructor(restore: TaskRestore, place: SubtaskPlace) {
    this.#restore = restore;
    this.#place = place;
  }

  /** Errors: those of the storage. Nothing stays open then. */
  static async open(
    restore: TaskRestore,
    storage: SnapshotStorage,
    place: SubtaskPlace,
  ): Promise<TaskState> {
    const state = new TaskState(restore, place);
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

  /** When it is open. Errors: MR_CHECKPOINT_UNSUITABLE, its state is of another type now. */
  async restoreRows(segment: Segment, operatorId: string, memory: TaskMemory): Promise<void> {
    const { subtaskIndex, parallelism, maxParallelism } = this.#place;
    const { start, end } = keyGroupRange(maxParallelism, parallelism, subtaskIndex);
    // Broadcast state lies behind the last key group.
    const isWanted = (first: number, last: number): boolean =>
      (first <= end && last >= start) || last === maxParallelism;
    // Of a segment that finds its type out it is that of the rows.
    const { stateType } = segment;
    for (const input of this.#operators.get(operatorId) ?? []) {
      for await (const block of input?.rows(operatorId, isWanted) ?? []) {
        if (stateType !== null) this.#check(operatorId, block.type, stateType);
        restoreRows(segment, memory, block, this.#place, stateType ?? block.type);
      }
    }
  }

  #check(operatorId: string, from: BatchType, to: BatchType): void {
    const refusal = refusalOf(from, to);
    if (refusal === null) return;
    const { checkpointId: checkpoint, operators } = this.#restore;
    const name = operators.find((operator) => operator.operatorId === operatorId)?.name;
    const message = `operator ${name} cannot take its state, for ${refusal}`;
    throw new EngineError("MR_CHECKPOINT_UNSUITABLE", { checkpoint, message });
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
