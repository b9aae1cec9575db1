/**
 * Broadcast state of one operator: named maps of which every subtask has a copy. They lie in the operator's
 * KeyedBackend, so that they are part of its snapshots: at an empty key of a key group of their own, the one
 * behind the last (`maxParallelism`). Rows of that key group are for all subtasks that are restored, whatever
 * their number; each copy says the same.
 */
import type { BroadcastState, ReadOnlyBroadcastState } from "../../functions/broadcast.ts";
import type { MapState, MapStateDescriptor } from "../../functions/state.ts";
import { EngineError } from "../../protocol/errors.ts";
import { type KeyedBackend, NO_NAMESPACE } from "./keyed-backend.ts";
import { MapHandle } from "./map-state.ts";

/** In front of the names of tables, apart from those of keyed state. */
const PREFIX = "broadcast/";
const SCOPE = { namespace: NO_NAMESPACE };
const EMPTY_KEY = "";

type AnyMap = BroadcastMap<unknown, unknown>;

export class BroadcastStates {
  readonly #backend: KeyedBackend;
  readonly #operatorName: string;
  readonly #maps: ReadonlyMap<string, AnyMap>;

  /** @param names of the maps there are */
  constructor(backend: KeyedBackend, maxParallelism: number, names: readonly string[]) {
    const { operatorName } = backend;
    this.#backend = backend;
    this.#operatorName = operatorName;
    this.#maps = new Map(
      names.map((name) => {
        const table = backend.table(PREFIX + name, "a broadcast map");
        const handle = new MapHandle<unknown, unknown>(table, SCOPE, operatorName, null);
        const at = <R>(action: () => R): R => backend.atKey(EMPTY_KEY, maxParallelism, action);
        return [name, new BroadcastMap(handle, at)];
      }),
    );
  }

  /** Entries of the backend that are broadcast state: one per map that was written. */
  get entryCount(): number {
    const counts = [...this.#maps.keys()].map(
      (name) => this.#backend.entriesOf(PREFIX + name).length,
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Errors: MR_BROADCAST_STATE_UNKNOWN. */
  writable<K, V>({ name }: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.#mapOf(name) as BroadcastState<unknown, unknown> as BroadcastState<K, V>;
  }

  /** Errors: MR_BROADCAST_STATE_UNKNOWN; MR_BROADCAST_READ_ONLY when it is written nevertheless. */
  readOnly<K, V>({ name }: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V> {
    const names = { operator: this.#operatorName, state: name };
    return new ReadOnlyMap(this.#mapOf(name), names) as ReadOnlyBroadcastState<
      unknown,
      unknown
    > as ReadOnlyBroadcastState<K, V>;
  }

  #mapOf(name: string): AnyMap {
    const map = this.#maps.get(name);
    if (map !== undefined) return map;
    const details = { operator: this.#operatorName, state: String(name) };
    throw new EngineError("MR_BROADCAST_STATE_UNKNOWN", details);
  }
}

/** Goes to the place of broadcast state for each call, and back to the current key. */
class BroadcastMap<K, V> implements BroadcastState<K, V> {
  readonly #map: MapState<K, V>;
  readonly #at: <R>(action: () => R) => R;

  constructor(map: MapState<K, V>, at: <R>(action: () => R) => R) {
    this.#map = map;
    this.#at = at;
  }

  get(key: K): V | null {
    return this.#at(() => this.#map.get(key));
  }

  contains(key: K): boolean {
    return this.#at(() => this.#map.contains(key));
  }

  put(key: K, value: V): void {
    this.#at(() => this.#map.put(key, value));
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  remove(key: K): void {
    this.#at(() => this.#map.remove(key));
  }

  /** Read at once: the current key may be another one when the caller goes on. */
  entries(): IterableIterator<[K, V]> {
    return this.#at(() => [...this.#map.entries()]).values();
  }

  immutableEntries(): IterableIterator<[K, V]> {
    return this.entries();
  }

  clear(): void {
    this.#at(() => this.#map.clear());
  }
}

class ReadOnlyMap<K, V> implements BroadcastState<K, V> {
  readonly #map: BroadcastMap<K, V>;
  readonly #names: { readonly operator: string; readonly state: string };

  constructor(map: BroadcastMap<K, V>, names: { operator: string; state: string }) {
    this.#map = map;
    this.#names = names;
  }

  get(key: K): V | null {
    return this.#map.get(key);
  }

  contains(key: K): boolean {
    return this.#map.contains(key);
  }

  entries(): IterableIterator<[K, V]> {
    return this.#map.entries();
  }

  immutableEntries(): IterableIterator<[K, V]> {
    return this.#map.entries();
  }

  put(): never {
    throw this.#refused();
  }

  putAll(): never {
    throw this.#refused();
  }

  remove(): never {
    throw this.#refused();
  }

  clear(): never {
    throw this.#refused();
  }

  #refused(): EngineError {
    return new EngineError("MR_BROADCAST_READ_ONLY", this.#names);
  }
}
