/** Storage "memory": the snapshot is the state itself, kept by whoever has asked for it. */
import type {
  MemorySubtaskState,
  OperatorStateBlock,
  StateBlock,
} from "../../protocol/checkpoint.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import type { SnapshotOutput } from "../../snapshot/snapshot-output.ts";
import type { IsWanted, SnapshotInput } from "./snapshot-storage.ts";

export class MemoryOutput implements SnapshotOutput<MemorySubtaskState> {
  readonly #rows: StateBlock[] = [];
  readonly #operatorState: OperatorStateBlock[] = [];

  rows(
    operatorId: string,
    type: BatchType,
    batch: Uint8Array<ArrayBuffer>,
    firstKeyGroup: number,
    lastKeyGroup: number,
  ): void {
    this.#rows.push({ operatorId, type, batch, firstKeyGroup, lastKeyGroup });
  }

  operatorState(operatorId: string, entries: readonly OperatorStateEntry[]): void {
    // The operator goes on with its values; the snapshot must not.
    this.#operatorState.push({ operatorId, entries: structuredClone(entries) });
  }

  room(): null {
    return null;
  }

  async finish(): Promise<MemorySubtaskState> {
    return { kind: "memory", rows: this.#rows, operatorState: this.#operatorState };
  }

  async abort(): Promise<void> {}
}

export class MemoryInput implements SnapshotInput {
  readonly #state: MemorySubtaskState;

  constructor(state: MemorySubtaskState) {
    this.#state = state;
  }

  async *rows(operatorId: string, isWanted: IsWanted): AsyncGenerator<StateBlock> {
    for (const block of this.#state.rows) {
      if (block.operatorId !== operatorId) continue;
      if (isWanted(block.firstKeyGroup, block.lastKeyGroup)) yield block;
    }
  }

  async operatorState(operatorId: string): Promise<readonly OperatorStateEntry[]> {
    return this.#state.operatorState
      .filter((block) => block.operatorId === operatorId)
      .flatMap(({ entries }) => structuredClone(entries));
  }

  async close(): Promise<void> {}
}
