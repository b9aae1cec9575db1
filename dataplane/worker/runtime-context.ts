/** What user functions of one subtask may know, and the accumulators they register. */
import type { RuntimeContext } from "../connectors/runtime-context.ts";
import type { Accumulator, AccumulatorSnapshot } from "../protocol/accumulators.ts";
import type { TaskSpec } from "../protocol/deployment.ts";

export class SubtaskRuntimeContext implements RuntimeContext {
  readonly #task: TaskSpec;
  readonly #accumulators = new Map<string, Accumulator<unknown, unknown>>();

  constructor(task: TaskSpec) {
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

  snapshots(): readonly AccumulatorSnapshot[] {
    return [...this.#accumulators].map(([name, accumulator]) => ({
      name,
      kind: accumulator.kind,
      state: accumulator.snapshot(),
    }));
  }
}
