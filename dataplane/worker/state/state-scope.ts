/**
 * Keyed state of an operator as its user functions see it: handles over a KeyedBackend, one per name. They
 * are about the backend's current key and the scope's namespace, which its owner sets before it calls the
 * user's code: a field, so that an operator with many namespaces (windows) makes its handles once.
 */

import {
  type AggregatingState,
  AggregatingStateDescriptor,
  type KeyedStateStore,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type ReducingState,
  ReducingStateDescriptor,
  type StateDescriptor,
  type ValueState,
  ValueStateDescriptor,
} from "../../functions/state.ts";
import type { StateTtlConfig } from "../../functions/state-ttl.ts";
import { EngineError } from "../../protocol/errors.ts";
import { type KeyedBackend, NO_NAMESPACE } from "./keyed-backend.ts";
import { Lifetime } from "./lifetime.ts";
import { ListHandle, TimedListHandle } from "./list-state.ts";
import { MapHandle } from "./map-state.ts";
import type { MergingHandle } from "./merging-handle.ts";
import { cellOf, type StateCell } from "./state-cell.ts";
import { AggregatingHandle, ReducingHandle, ValueHandle } from "./state-handles.ts";
import type { StateEntry, StateTable } from "./state-table.ts";

/** In front of the names of tables, apart from those of the operator's own. */
const PREFIX = "user/";

export class StateScope implements KeyedStateStore {
  /** Of what the handles read and write from now on. */
  namespace = NO_NAMESPACE;
  readonly #backend: KeyedBackend;
  readonly #now: () => number;
  readonly #handles = new Map<string, unknown>();

  /** @param now ms of processing time: what time to live counts */
  constructor(backend: KeyedBackend, now: () => number) {
    this.#backend = backend;
    this.#now = now;
  }

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    const defaultValue = descriptor.getTtlConfig() === null ? descriptor.defaultValue : null;
    return this.#handleOf(
      descriptor,
      "a value",
      (table, ttl) => new ValueHandle(this.#cellOf(table, ttl), defaultValue),
    );
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    const { name: state } = descriptor;
    const names = { operator: this.#backend.operatorName, state };
    return this.#handleOf<ListState<T>>(descriptor, "a list", (table, ttl) =>
      ttl === null
        ? new ListHandle(table, this, names)
        : new TimedListHandle(table, this, names, new Lifetime(ttl, this.#now)),
    );
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    const { operatorName } = this.#backend;
    return this.#handleOf(descriptor, "a map", (table, ttl) => {
      const lifetime = ttl === null ? null : new Lifetime(ttl, this.#now);
      return new MapHandle<K, V>(table, this, operatorName, lifetime);
    });
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    const { operatorName } = this.#backend;
    return this.#handleOf(
      descriptor,
      "a reducing state",
      (table, ttl) => new ReducingHandle(this.#cellOf(table, ttl), descriptor.reduce, operatorName),
    );
  }

  getAggregatingState<IN, ACC, OUT>(
    descriptor: AggregatingStateDescriptor<IN, ACC, OUT>,
  ): AggregatingState<IN, OUT> {
    const { operatorName } = this.#backend;
    const { aggregateFunction } = descriptor;
    return this.#handleOf(
      descriptor,
      "an aggregating state",
      (table, ttl) =>
        new AggregatingHandle(this.#cellOf(table, ttl), aggregateFunction, operatorName),
    );
  }

  /** The handle of any descriptor. Errors: MR_STATE_KIND, MR_FUNCTION_INVALID. */
  stateOf(descriptor: StateDescriptor): unknown {
    if (descriptor instanceof ValueStateDescriptor) return this.getState(descriptor);
    if (descriptor instanceof ReducingStateDescriptor) return this.getReducingState(descriptor);
    if (descriptor instanceof ListStateDescriptor) return this.getListState(descriptor);
    if (descriptor instanceof MapStateDescriptor) return this.getMapState(descriptor);
    if (descriptor instanceof AggregatingStateDescriptor) {
      return this.getAggregatingState(descriptor);
    }
    throw noDescriptor("a state descriptor", descriptor);
  }

  /**
   * Adds what other namespaces have in a state, which lose it, to what `target` has; there the scope stays.
   * Errors: MR_FUNCTION_INVALID.
   */
  merge(descriptor: StateDescriptor, target: string, sources: readonly string[]): void {
    const handle = this.stateOf(descriptor) as Partial<MergingHandle>;
    const { take, merge } = handle;
    if (take === undefined || merge === undefined) {
      throw noDescriptor("the descriptor of a reducing, aggregating or list state", descriptor);
    }
    for (const source of sources) {
      this.namespace = source;
      const part = take.call(handle);
      this.namespace = target;
      if (part !== undefined) merge.call(handle, part);
    }
  }

  /** What is kept under the name of a state now, for all keys. */
  entriesOf({ name }: StateDescriptor): readonly StateEntry[] {
    return this.#backend.entriesOf(PREFIX + name);
  }

  /** Errors: MR_STATE_KIND. */
  #handleOf<H>(
    descriptor: StateDescriptor,
    what: string,
    create: (table: StateTable, ttl: StateTtlConfig | null) => H,
  ): H {
    const { name } = descriptor;
    const ttl = descriptor.getTtlConfig();
    const kind = ttl === null ? what : `${what} with time to live`;
    const table = this.#backend.table(PREFIX + name, kind);
    const known = this.#handles.get(name) as H | undefined;
    if (known !== undefined) return known;
    const handle = create(table, ttl);
    this.#handles.set(name, handle);
    return handle;
  }

  #cellOf(table: StateTable, ttl: StateTtlConfig | null): StateCell {
    return cellOf(table, this, ttl, this.#now);
  }
}

function noDescriptor(expected: string, { name }: StateDescriptor): EngineError {
  const actual = `that of ${name}`;
  return new EngineError("MR_FUNCTION_INVALID", { operation: "state", expected, actual });
}
