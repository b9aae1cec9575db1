/**
 * Handles on maps per key. Keys of the map are compared by value: a scalar is its own place, anything else
 * lies at its canonical bytes. With a time to live each value is a pair with its last access.
 */
import { decodeKey, KeyEncoder, type KeyPlace } from "../../formats/key-codec.ts";
import type { MapState } from "../../functions/state.ts";
import type { Lifetime, Timed } from "./lifetime.ts";
import type { Scope } from "./state-cell.ts";
import type { StateTable } from "./state-table.ts";

/** What a value lies at. */
type Place = unknown;
type Entries = Map<Place, unknown>;

/** Begins the places that are canonical bytes, and strings that begin like one. */
const MARK = "\0";

export class MapHandle<K, V> implements MapState<K, V> {
  readonly #table: StateTable;
  readonly #scope: Scope;
  /** null = values stay. */
  readonly #lifetime: Lifetime | null;
  readonly #encoder = new KeyEncoder();
  readonly #keyPlace: KeyPlace;

  constructor(table: StateTable, scope: Scope, operator: string, lifetime: Lifetime | null) {
    this.#table = table;
    this.#scope = scope;
    this.#lifetime = lifetime;
    this.#keyPlace = { operator, row: 0 };
  }

  get(key: K): V | null {
    const place = this.#placeOf(key);
    const entries = this.#entries();
    return (entries === undefined ? null : this.#read(entries, place)) ?? null;
  }

  put(key: K, value: V): void {
    const place = this.#placeOf(key);
    let entries = this.#entries();
    if (entries === undefined) {
      entries = new Map();
      this.#table.put(this.#scope.namespace, entries);
    }
    entries.set(place, this.#stored(value));
  }

  putAll(pairs: Iterable<readonly [K, V]>): void {
    for (const [key, value] of pairs) this.put(key, value);
  }

  remove(key: K): void {
    const place = this.#placeOf(key);
    const entries = this.#entries();
    entries?.delete(place);
    if (entries?.size === 0) this.clear();
  }

  contains(key: K): boolean {
    const place = this.#placeOf(key);
    const entries = this.#entries();
    return entries?.has(place) === true && this.#read(entries, place) !== undefined;
  }

  entries(): IterableIterator<[K, V]> {
    return this.#iterate(this.#entries(), (key, value) => [key, value]);
  }

  keys(): IterableIterator<K> {
    return this.#iterate(this.#entries(), (key) => key);
  }

  values(): IterableIterator<V> {
    return this.#iterate(this.#entries(), (_, value) => value);
  }

  isEmpty(): boolean {
    return this.#entries() === undefined;
  }

  clear(): void {
    this.#table.remove(this.#scope.namespace);
  }

  /** As in Flink, null has no life: with a time to live its entry is there, but contains() denies it. */
  #stored(value: V): unknown {
    if (this.#lifetime === null) return value ?? null;
    return value === null || value === undefined ? undefined : this.#lifetime.begin(value);
  }

  /** undefined = there are none. */
  #entries(): Entries | undefined {
    this.#lifetime?.cleanUp(this.#table, sweepMap);
    return this.#table.get(this.#scope.namespace) as Entries | undefined;
  }

  *#iterate<R>(
    entries: Entries | undefined,
    resultOf: (key: K, value: V) => R,
  ): Generator<R, void, undefined> {
    if (entries === undefined) return;
    for (const place of entries.keys()) {
      const value = this.#read(entries, place);
      if (value !== undefined) yield resultOf(keyAt(place) as K, value);
    }
  }

  /** undefined = it has expired; null is a value. */
  #read(entries: Entries, place: Place): V | undefined {
    const found = entries.get(place);
    const lifetime = this.#lifetime;
    if (lifetime === null || found === undefined) return found as V | undefined;
    const timed = found as Timed;
    if (lifetime.isExpired(timed)) {
      entries.delete(place);
      if (entries.size === 0) this.clear();
      if (!lifetime.returnsExpired) return undefined;
    } else if (lifetime.renewsOnRead) {
      lifetime.renew(timed);
    }
    return timed[0] as V;
  }

  /** Errors: MR_KEY_NULL, MR_KEY_NAN, MR_KEY_TYPE. */
  #placeOf(key: K): Place {
    if (typeof key === "string") return key.startsWith(MARK) ? this.#bytesOf(key) : key;
    if (typeof key === "boolean" || typeof key === "bigint") return key;
    if (typeof key === "number" && !Number.isNaN(key)) return key;
    return this.#bytesOf(key);
  }

  #bytesOf(key: K): string {
    return MARK + Buffer.from(this.#encoder.encode(key, this.#keyPlace)).toString("latin1");
  }
}

function keyAt(place: Place): unknown {
  if (typeof place !== "string" || !place.startsWith(MARK)) return place;
  return decodeKey(Buffer.from(place.slice(MARK.length), "latin1"));
}

function sweepMap(value: unknown, lifetime: Lifetime): boolean {
  const entries = value as Entries;
  for (const [place, timed] of entries as Map<Place, Timed | undefined>) {
    if (timed !== undefined && lifetime.isExpired(timed)) entries.delete(place);
  }
  return entries.size === 0;
}
