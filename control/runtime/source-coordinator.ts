/**
 * Runs the split enumerator of one source in the control plane: passes its assignments to the
 * subtasks' readers and their requests to it.
 */
import type {
  EnumeratorContext,
  Source,
  SplitEnumerator,
} from "../../dataplane/connectors/source.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";

export interface SplitReceiver {
  addSplits(subtaskIndex: number, splits: readonly unknown[]): void;
  noMoreSplits(subtaskIndex: number): void;
}

export interface RestoredEnumerator {
  readonly checkpointId: number;
  readonly state: unknown;
}

export class SourceCoordinator {
  readonly #enumerator: SplitEnumerator<unknown>;

  /**
   * @param restored what snapshot() answered; null = the source starts anew
   * Errors: MR_CHECKPOINT_UNSUITABLE
   */
  constructor(
    source: Source<unknown>,
    operatorName: string,
    parallelism: number,
    receiver: SplitReceiver,
    restored: RestoredEnumerator | null = null,
  ) {
    const context: EnumeratorContext<unknown> = {
      operatorName,
      parallelism,
      assignSplits: (splits, subtaskIndex) => receiver.addSplits(subtaskIndex, splits),
      signalNoMoreSplits: (subtaskIndex) => receiver.noMoreSplits(subtaskIndex),
    };
    this.#enumerator =
      restored === null
        ? source.createEnumerator(context)
        : restoreEnumerator(source, context, restored);
  }

  /** What has not gone to the readers, and whatever else the enumerator has to know. */
  snapshot(): unknown {
    return this.#enumerator.snapshotState();
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

function restoreEnumerator(
  source: Source<unknown>,
  context: EnumeratorContext<unknown>,
  { checkpointId, state }: RestoredEnumerator,
): SplitEnumerator<unknown> {
  const enumerator = source.restoreEnumerator?.(context, state);
  if (enumerator !== undefined) return enumerator;
  const message = `source ${context.operatorName} has no restoreEnumerator(), so that nothing knows which splits are left`;
  throw new EngineError("MR_CHECKPOINT_UNSUITABLE", { checkpoint: checkpointId, message });
}
