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
import { SplitAssignments } from "./split-assignments.ts";

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
  readonly #receiver: SplitReceiver;
  readonly #assignments = new SplitAssignments();
  /** Subtasks that were told that there are no more splits. */
  readonly #told = new Set<number>();
  #isClosed = false;

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
    this.#receiver = receiver;
    const context: EnumeratorContext<unknown> = {
      operatorName,
      parallelism,
      assignSplits: (splits, subtaskIndex) => {
        if (this.#isClosed) return;
        this.#assignments.add(subtaskIndex, splits);
        receiver.addSplits(subtaskIndex, splits);
      },
      signalNoMoreSplits: (subtaskIndex) => {
        if (this.#isClosed) return;
        this.#told.add(subtaskIndex);
        receiver.noMoreSplits(subtaskIndex);
      },
    };
    this.#enumerator =
      restored === null
        ? source.createEnumerator(context)
        : restoreEnumerator(source, context, restored);
  }

  /** What has not gone to the readers, and whatever else the enumerator has to know. */
  snapshot(checkpointId: number): unknown {
    this.#assignments.snapshot(checkpointId);
    return this.#enumerator.snapshotState();
  }

  /** It is what subtasks start again from. */
  notifyComplete(checkpointId: number): void {
    this.#assignments.completed(checkpointId);
  }

  /** A subtask starts again, alone: what it was given since the last completed checkpoint comes back. */
  resetSubtask(subtaskIndex: number): void {
    const splits = this.#assignments.takeBack(subtaskIndex);
    if (splits.length > 0) this.#enumerator.addSplitsBack(splits, subtaskIndex);
    // Its reader was told, and is another one now.
    else if (this.#told.has(subtaskIndex)) this.#receiver.noMoreSplits(subtaskIndex);
  }

  /** Finds the first splits; the readers run already. */
  async start(): Promise<void> {
    await this.#enumerator.start();
  }

  handleSplitRequest(subtaskIndex: number): void {
    this.#enumerator.handleSplitRequest(subtaskIndex);
  }

  /** What it still finds is for nobody: another one may be in its place. */
  async close(): Promise<void> {
    this.#isClosed = true;
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
