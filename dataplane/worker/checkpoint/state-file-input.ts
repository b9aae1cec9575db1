/**
 * The state of a subtask that lies in files, of which every block is checked before it is used: rows of all of them, in
 * order, and operator state of the last one, which always has all of it.
 */
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import type { StateFile } from "../../protocol/state-file.ts";
import { type SnapshotAccess, StateFileReader } from "../../snapshot/state-file-reader.ts";
import type { IsWanted, SnapshotInput, StateRows } from "./snapshot-storage.ts";

export class StateFileInput implements SnapshotInput {
  readonly #readers: readonly StateFileReader[];

  private constructor(readers: readonly StateFileReader[]) {
    this.#readers = readers;
  }

  /** Errors: those of StateFileReader.open(). Nothing stays open then. */
  static async open(access: SnapshotAccess, state: StateFile): Promise<StateFileInput> {
    const readers: StateFileReader[] = [];
    const input = new StateFileInput(readers);
    try {
      for (const file of [...(state.bases ?? []), state]) {
        readers.push(await StateFileReader.open(access, file));
      }
      return input;
    } catch (error) {
      await input.close();
      throw error;
    }
  }

  async *rows(operatorId: string, keyGroups: IsWanted): AsyncGenerator<StateRows> {
    const selection = { operatorIds: new Set([operatorId]), kind: "rows", keyGroups } as const;
    for (const reader of this.#readers) {
      for await (const content of reader.contents(selection)) {
        if (content.kind === "rows") yield content;
      }
    }
  }

  async operatorState(operatorId: string): Promise<readonly OperatorStateEntry[]> {
    const selection = { operatorIds: new Set([operatorId]), kind: "operator-state" } as const;
    const entries: OperatorStateEntry[] = [];
    for await (const content of this.#readers.at(-1)?.contents(selection) ?? []) {
      if (content.kind === "operator-state") entries.push(content.entry);
    }
    return entries;
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) await reader.close();
  }
}
