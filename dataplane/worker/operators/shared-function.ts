/**
 * Subtasks that run on one thread share the function objects of their program. What such an object keeps
 * from open(), its runtime context and its state handles, then is about the subtask that calls it.
 */
import type { RuntimeContext } from "../../functions/runtime-context.ts";
import type {
  AggregatingState,
  AggregatingStateDescriptor,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingState,
  ReducingStateDescriptor,
  ValueState,
  ValueStateDescriptor,
} from "../../functions/state.ts";
import type { Accumulator } from "../../protocol/accumulators.ts";

/** Who has opened a function object. */
export class FunctionSharing {
  static readonly #known = new WeakMap<object, FunctionSharing>();
  /** Of the subtask that calls it. */
  #active: RuntimeContext | null = null;
  #openCount = 0;

  static of(fn: object): FunctionSharing {
    const known = FunctionSharing.#known.get(fn);
    if (known !== undefined) return known;
    const sharing = new FunctionSharing();
    FunctionSharing.#known.set(fn, sharing);
    return sharing;
  }

  get active(): RuntimeContext {
    if (this.#active === null) throw new TypeError("the function is not open");
    return this.#active;
  }

  /** @returns what the function is to see: `context` itself where it is the only one */
  open(context: RuntimeContext): RuntimeContext {
    this.#openCount += 1;
    this.#active = context;
    return this.#openCount === 1 ? context : new SharedRuntimeContext(this);
  }

  /** Before each call of the function. */
  enter(context: RuntimeContext): void {
    this.#active = context;
  }

  close(): void {
    this.#openCount -= 1;
  }
}

class SharedRuntimeContext implements RuntimeContext {
  readonly #sharing: FunctionSharing;

  constructor(sharing: FunctionSharing) {
    this.#sharing = sharing;
  }

  getTaskName(): string {
    return this.#sharing.active.getTaskName();
  }

  getIndexOfThisSubtask(): number {
    return this.#sharing.active.getIndexOfThisSubtask();
  }

  getNumberOfParallelSubtasks(): number {
    return this.#sharing.active.getNumberOfParallelSubtasks();
  }

  getMaxNumberOfParallelSubtasks(): number {
    return this.#sharing.active.getMaxNumberOfParallelSubtasks();
  }

  getAttemptNumber(): number {
    return this.#sharing.active.getAttemptNumber();
  }

  addAccumulator<V, R>(name: string, accumulator: Accumulator<V, R>): void {
    this.#sharing.active.addAccumulator(name, accumulator);
  }

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return forwarding(() => this.#sharing.active.getState(descriptor));
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return forwarding(() => this.#sharing.active.getListState(descriptor));
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return forwarding(() => this.#sharing.active.getMapState(descriptor));
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return forwarding(() => this.#sharing.active.getReducingState(descriptor));
  }

  getAggregatingState<IN, ACC, OUT>(
    descriptor: AggregatingStateDescriptor<IN, ACC, OUT>,
  ): AggregatingState<IN, OUT> {
    return forwarding(() => this.#sharing.active.getAggregatingState(descriptor));
  }
}

type Methods = Readonly<Record<string, (...values: readonly unknown[]) => unknown>>;

/** Has the methods of the handle there is now, and calls those of the handle there is then. */
function forwarding<H extends object>(handleOf: () => H): H {
  const prototype: object = Object.getPrototypeOf(handleOf());
  const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
  const methods = names.map((name) => [
    name,
    (...values: readonly unknown[]) => (handleOf() as unknown as Methods)[name]?.(...values),
  ]);
  return Object.fromEntries(methods) as H;
}
