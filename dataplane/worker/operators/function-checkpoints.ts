/** The state that a user function has as a CheckpointedFunction, and what it hears as a CheckpointListener. */
import {
  type CheckpointedParts,
  isCheckpointed,
  releaseFunction,
} from "../../connectors/own-function.ts";
import type { RuntimeContext } from "../../connectors/runtime-context.ts";
import { refuseAsync, userCodeError } from "../../connectors/user-code.ts";
import { setRuntimeContext } from "../../functions/rich-function.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import { OperatorStates } from "../state/operator-states.ts";
import type { FunctionOwner } from "./user-function.ts";

export class FunctionCheckpoints {
  readonly #owner: FunctionOwner;
  readonly #function: CheckpointedParts;
  readonly #states: OperatorStates;

  /** @param fn whatever was given as the function; what it is not, it is not asked for */
  constructor(owner: FunctionOwner, fn: unknown) {
    this.#owner = owner;
    this.#function = (fn ?? {}) as CheckpointedParts;
    this.#states = new OperatorStates(owner.operatorName);
  }

  restore(entries: readonly OperatorStateEntry[]): void {
    this.#states.restore(entries);
  }

  /** Before open(). Errors: MR_FUNCTION_THREW. */
  async initialize(context: RuntimeContext): Promise<void> {
    const fn = this.#function;
    if (!isCheckpointed(fn, this.#owner.operatorName)) return;
    const states = this.#states;
    setRuntimeContext(fn, context);
    await this.#guard("initializeState()", () =>
      fn.initializeState?.({
        isRestored: () => states.isRestored,
        getOperatorStateStore: () => states,
        getKeyedStateStore: () => context,
      }),
    );
  }

  /** Errors: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC. */
  freeze(checkpointId: bigint): void {
    const context = { getCheckpointId: () => Number(checkpointId) };
    const { operatorName } = this.#owner;
    try {
      refuseAsync(this.#function.snapshotState?.(context), operatorName);
    } catch (error) {
      throw this.#failed(error, "snapshotState()");
    }
  }

  state(): readonly OperatorStateEntry[] {
    return this.#states.snapshot();
  }

  /** Rejects with MR_FUNCTION_THREW. */
  complete(checkpointId: bigint): Promise<void> {
    return this.#guard("notifyCheckpointComplete()", () =>
      this.#function.notifyCheckpointComplete?.(Number(checkpointId)),
    );
  }

  /** Errors: MR_FUNCTION_THREW. */
  aborted(checkpointId: bigint): void {
    try {
      this.#function.notifyCheckpointAborted?.(Number(checkpointId));
    } catch (error) {
      throw this.#failed(error, "notifyCheckpointAborted()");
    }
  }

  close(): void {
    releaseFunction(this.#function);
  }

  async #guard(place: string, call: () => void | Promise<void> | undefined): Promise<void> {
    try {
      await call();
    } catch (error) {
      throw this.#failed(error, place);
    }
  }

  #failed(error: unknown, record: string): Error {
    const { operatorName: operator, subtaskIndex: subtask } = this.#owner;
    return userCodeError(error, { operator, subtask, record });
  }
}
