/**
 * Runs the split enumerator of one source in the control plane: passes its assignments to the
 * subtasks' readers and their requests to it.
 */
import type { Source, SplitEnumerator } from "../../dataplane/connectors/source.ts";

export interface SplitReceiver {
  addSplits(subtaskIndex: number, splits: readonly unknown[]): void;
  noMoreSplits(subtaskIndex: number): void;
}

export class SourceCoordinator {
  readonly #enumerator: SplitEnumerator<unknown>;

  constructor(
    source: Source<unknown>,
    operatorName: string,
    parallelism: number,
    receiver: SplitReceiver,
  ) {
    this.#enumerator = source.createEnumerator({
      operatorName,
      parallelism,
      assignSplits: (splits, subtaskIndex) => receiver.addSplits(subtaskIndex, splits),
      signalNoMoreSplits: (subtaskIndex) => receiver.noMoreSplits(subtaskIndex),
    });
  }

  /** Finds the first splits; the readers run already. */
  async start(): Promise<void> {
    await this.#enumerator.start();
  }

  handleSplitRequest(subtaskIndex: number): void {
    this.#enumerator.handleSplitRequest(subtaskIndex);
  }

  async close(): Promise<void> {
    await this.#enumerator.close();
  }
}
