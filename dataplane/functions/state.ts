/**
 * Keyed state as user functions see it (after Flink): a descriptor names a state, and a handle reads and
 * writes what belongs to the key of the record or timer that is being processed. Names are unique
 * within an operator. Values are what GENERIC records hold: plain values, arrays, objects, Map, Set, Date.
 */
import type { TypeInformation } from "../protocol/type-information.ts";
import type { AggregateFunction } from "./aggregate.ts";
import { checkMethods, checkName } from "./checks.ts";
import type { StateTtlConfig } from "./state-ttl.ts";

/** One value per key. @public */
export interface ValueState<T> {
  /** null = there is none. */
  value(): T | null;
  /** null or undefined clears it. */
  update(value: T | null | undefined): void;
  clear(): void;
}

/** A list per key. @public */
export interface ListState<T> {
  /** Never null: a list that nothing was added to is empty. */
  get(): readonly T[];
  /** Throws MR_STATE_NULL, as all of these do for elements that are null or undefined. */
  add(value: T): void;
  addAll(values: Iterable<T>): void;
  /** Replaces the list. */
  update(values: Iterable<T>): void;
  clear(): void;
}

/** A map per key. Keys of it are compared by value: strings, numbers, bigints, booleans, tuples and rows of them. @public */
export interface MapState<K, V> {
  /** null = there is none. */
  get(key: K): V | null;
  put(key: K, value: V): void;
  putAll(entries: Iterable<readonly [K, V]>): void;
  remove(key: K): void;
  contains(key: K): boolean;
  /** In order of their first put(). The map may be changed meanwhile. */
  entries(): IterableIterator<[K, V]>;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  /** With a time to live: also entries that have expired, but are still there, count. */
  isEmpty(): boolean;
  clear(): void;
}

/** What a reduce function has made of the values added. @public */
export interface ReducingState<T> {
  /** null = nothing was added. */
  get(): T | null;
  /** null or undefined clears it. */
  add(value: T | null | undefined): void;
  clear(): void;
}

/** The result of an AggregateFunction over the values added. @public */
export interface AggregatingState<IN, OUT> {
  /** null = nothing was added. */
  get(): OUT | null;
  /** null or undefined clears it. */
  add(value: IN | null | undefined): void;
  clear(): void;
}

/** Names a state, and says what it is. @public */
export abstract class StateDescriptor {
  readonly name: string;
  #ttlConfig: StateTtlConfig | null = null;

  /** Throws MR_FUNCTION_INVALID. */
  constructor(name: string) {
    this.name = checkName(name, `new ${new.target.name}()`, "a name that is not empty");
  }

  /** Values expire from now on. A state is restored only with a time to live if it had one, and without if not. */
  enableTimeToLive(ttlConfig: StateTtlConfig): void {
    checkMethods(ttlConfig, "enableTimeToLive()", ["isEnabled"], "a StateTtlConfig");
    this.#ttlConfig = ttlConfig;
  }

  /** null = values stay. */
  getTtlConfig(): StateTtlConfig | null {
    return this.#ttlConfig?.isEnabled() === true ? this.#ttlConfig : null;
  }
}

/** @public */
export class ValueStateDescriptor<T> extends StateDescriptor {
  readonly type: TypeInformation<T> | null;
  /**
   * What value() answers where there is none; ignored with a time to live.
   * @deprecated As in Flink: write `state.value() ?? value`.
   */
  readonly defaultValue: T | null;

  constructor(name: string, type: TypeInformation<T> | null = null, defaultValue: T | null = null) {
    super(name);
    this.type = type;
    this.defaultValue = defaultValue;
  }
}

/** @public */
export class ListStateDescriptor<T> extends StateDescriptor {
  readonly elementType: TypeInformation<T> | null;

  constructor(name: string, elementType: TypeInformation<T> | null = null) {
    super(name);
    this.elementType = elementType;
  }
}

/** @public */
export class MapStateDescriptor<K, V> extends StateDescriptor {
  readonly keyType: TypeInformation<K> | null;
  readonly valueType: TypeInformation<V> | null;

  constructor(
    name: string,
    keyType: TypeInformation<K> | null = null,
    valueType: TypeInformation<V> | null = null,
  ) {
    super(name);
    this.keyType = keyType;
    this.valueType = valueType;
  }
}

/** Makes of two values one. */
export type Reducer<T> = (accumulated: T, value: T) => T;

/** @public */
export class ReducingStateDescriptor<T> extends StateDescriptor {
  readonly reduce: Reducer<T>;
  readonly type: TypeInformation<T> | null;

  /** Throws MR_FUNCTION_INVALID. */
  constructor(
    name: string,
    fn: Reducer<T> | { reduce: Reducer<T> },
    type: TypeInformation<T> | null = null,
  ) {
    super(name);
    if (typeof fn === "function") {
      this.reduce = fn;
    } else {
      const expected = "a function, or an object with reduce()";
      checkMethods(fn, "new ReducingStateDescriptor()", ["reduce"], expected);
      this.reduce = (accumulated, value) => fn.reduce(accumulated, value);
    }
    this.type = type;
  }
}

/** @public */
export class AggregatingStateDescriptor<IN, ACC, OUT> extends StateDescriptor {
  readonly aggregateFunction: AggregateFunction<IN, ACC, OUT>;
  readonly type: TypeInformation<ACC> | null;

  /** Throws MR_FUNCTION_INVALID. */
  constructor(
    name: string,
    aggregateFunction: AggregateFunction<IN, ACC, OUT>,
    type: TypeInformation<ACC> | null = null,
  ) {
    super(name);
    this.aggregateFunction = checkMethods(aggregateFunction, "new AggregatingStateDescriptor()", [
      "createAccumulator",
      "add",
      "getResult",
    ]);
    this.type = type;
  }
}

/** The state that a descriptor names. @public */
export type StateOf<D extends StateDescriptor> =
  D extends ValueStateDescriptor<infer T>
    ? ValueState<T>
    : D extends ListStateDescriptor<infer T>
      ? ListState<T>
      : D extends MapStateDescriptor<infer K, infer V>
        ? MapState<K, V>
        : D extends ReducingStateDescriptor<infer T>
          ? ReducingState<T>
          : D extends AggregatingStateDescriptor<infer IN, infer _, infer OUT>
            ? AggregatingState<IN, OUT>
            : never;

/**
 * Gives handles on keyed state. The same name gives the same state; a name that another kind of state has
 * throws MR_STATE_KIND.
 * @public
 */
export interface KeyedStateStore {
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  getAggregatingState<IN, ACC, OUT>(
    descriptor: AggregatingStateDescriptor<IN, ACC, OUT>,
  ): AggregatingState<IN, OUT>;
}
