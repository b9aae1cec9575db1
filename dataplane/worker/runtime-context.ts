/** What user functions of one subtask may know, and the accumulators they register. */
import type { RuntimeContext } from "../connectors/runtime-context.ts";
import type { Accumulator, AccumulatorSnapshot } from "../protocol/accumulators.ts";
import type { TaskSpec } from "../protocol/deployment.ts";
import { EngineError } from "../protocol/errors.ts";

type Subtask = Pick<
  TaskSpec,
  "name" | "subtaskIndex" | "parallelism" | "maxParallelism" | "attempt"
>;

export class SubtaskRuntimeContext implements RuntimeContext {
  readonly #task: Subtask;
  readonly #accumulators = new Map<string, Accumulator<unknown, unknown>>();

  constructor(task: Subtask) {
    this.#task = task;
  }

  getTaskName(): string {
    return this.#task.name;
  }

  getIndexOfThisSubtask(): number {
    return this.#task.subtaskIndex;
  }

  getNumberOfParallelSubtasks(): number {
    return this.#task.parallelism;
  }

  getMaxNumberOfParallelSubtasks(): number {
    return this.#task.maxParallelism;
  }

  getAttemptNumber(): number {
    return this.#task.attempt;
  }

  addAccumulator<V, R>(name: string, accumulator: Accumulator<V, R>): void {
    if (this.#accumulators.has(name)) {
      throw new TypeError(`accumulator ${name} is registered twice in ${this.#task.name}`);
    }
    this.#accumulators.set(name, accumulator);
  }

  getState(): never {
    return this.#refuseState("getState()");
  }

  getListState(): never {
    return this.#refuseState("getListState()");
  }

  getMapState(): never {
    return this.#refuseState("getMapState()");
  }

  getReducingState(): never {
    return this.#refuseState("getReducingState()");
  }

  getAggregatingState(): never {
    return this.#refuseState("getAggregatingState()");
  }

  snapshots(): readonly AccumulatorSnapshot[] {
    return [...this.#accumulators].map(([name, accumulator]) => ({
      name,
      kind: accumulator.kind,
      state: accumulator.snapshot(),
    }));
  }

  /** Operators with keyed state hand out a KeyedRuntimeContext. */
  #refuseState(operation: string): never {
    throw new EngineError("MR_STATE_NOT_KEYED", { task: this.#task.name, operation });
  }
}
