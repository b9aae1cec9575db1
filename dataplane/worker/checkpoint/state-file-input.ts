/** The state of a subtask that lies in a file, of which every block is checked before it is used. */
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import type { StateFileReader } from "../../snapshot/state-file-reader.ts";
import type { IsWanted, SnapshotInput, StateRows } from "./snapshot-storage.ts";

export class StateFileInput implements SnapshotInput {
  readonly #reader: StateFileReader;

  constructor(reader: StateFileReader) {
    this.#reader = reader;
  }

  async *rows(operatorId: string, keyGroups: IsWanted): AsyncGenerator<StateRows> {
    const selection = { operatorIds: new Set([operatorId]), kind: "rows", keyGroups } as const;
    for await (const content of this.#reader.contents(selection)) {
      if (content.kind === "rows") yield content;
    }
  }

  async operatorState(operatorId: string): Promise<readonly OperatorStateEntry[]> {
    const selection = { operatorIds: new Set([operatorId]), kind: "operator-state" } as const;
    const entries: OperatorStateEntry[] = [];
    for await (const content of this.#reader.contents(selection)) {
      if (content.kind === "operator-state") entries.push(content.entry);
    }
    return entries;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
