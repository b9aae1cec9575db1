/** The runtime context of functions on a keyed stream: that of their subtask, with keyed state. */
import type { RuntimeContext } from "../connectors/runtime-context.ts";
import type {
  AggregatingState,
  AggregatingStateDescriptor,
  KeyedStateStore,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingState,
  ReducingStateDescriptor,
  ValueState,
  ValueStateDescriptor,
} from "../functions/state.ts";
import type { Accumulator } from "../protocol/accumulators.ts";

export class KeyedRuntimeContext implements RuntimeContext {
  readonly #subtask: RuntimeContext;
  readonly #state: KeyedStateStore;

  constructor(subtask: RuntimeContext, state: KeyedStateStore) {
    this.#subtask = subtask;
    this.#state = state;
  }

  getTaskName(): string {
    return this.#subtask.getTaskName();
  }

  getIndexOfThisSubtask(): number {
    return this.#subtask.getIndexOfThisSubtask();
  }

  getNumberOfParallelSubtasks(): number {
    return this.#subtask.getNumberOfParallelSubtasks();
  }

  getMaxNumberOfParallelSubtasks(): number {
    return this.#subtask.getMaxNumberOfParallelSubtasks();
  }

  getAttemptNumber(): number {
    return this.#subtask.getAttemptNumber();
  }

  addAccumulator<V, R>(name: string, accumulator: Accumulator<V, R>): void {
    this.#subtask.addAccumulator(name, accumulator);
  }

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return this.#state.getState(descriptor);
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.#state.getListState(descriptor);
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.#state.getMapState(descriptor);
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.#state.getReducingState(descriptor);
  }

  getAggregatingState<IN, ACC, OUT>(
    descriptor: AggregatingStateDescriptor<IN, ACC, OUT>,
  ): AggregatingState<IN, OUT> {
    return this.#state.getAggregatingState(descriptor);
  }
}
