/** One named state of an operator: a value per key and namespace. Calls are about the backend's current key. */
import type { StateKey } from "../operators/key-access.ts";

export interface StateEntry {
  readonly table: string;
  readonly key: StateKey;
  readonly keyGroup: number;
  readonly namespace: string;
  value: unknown;
  /** See KeyedBackend. */
  epoch: number;
}

/** What a table needs of its backend. */
export interface StateOwner {
  readonly stateKey: StateKey;
  readonly keyGroup: number;
  readonly epoch: number;
  touch(entry: StateEntry): void;
}

type ByKey = Map<StateKey, StateEntry>;
type ByNamespace = Map<string, ByKey>;

export class StateTable {
  readonly name: string;
  /** What its values are; "" = the operator's own. */
  readonly kind: string;
  readonly #owner: StateOwner;
  readonly #groups: (ByNamespace | undefined)[] = [];
  #entryCount = 0;

  constructor(name: string, kind: string, owner: StateOwner) {
    this.name = name;
    this.kind = kind;
    this.#owner = owner;
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  /** Value of the current key, which may be changed in place; undefined = there is none. Errors: MR_STATE_NO_KEY. */
  get(namespace: string): unknown {
    const entry = this.find(namespace);
    return entry === undefined ? undefined : this.valueOf(entry);
  }

  /** Value of an entry of this table, of any key; it may be changed in place. */
  valueOf(entry: StateEntry): unknown {
    this.#owner.touch(entry);
    return entry.value;
  }

  /** Errors: MR_STATE_NO_KEY. */
  find(namespace: string): StateEntry | undefined {
    const { keyGroup, stateKey } = this.#owner;
    return this.#groups[keyGroup]?.get(namespace)?.get(stateKey);
  }

  /** Adds or replaces; answers the entry. Errors: MR_STATE_NO_KEY. */
  put(namespace: string, value: unknown): StateEntry {
    const known = this.find(namespace);
    if (known !== undefined) {
      this.#owner.touch(known);
      known.value = value;
      return known;
    }
    const { keyGroup, stateKey: key, epoch } = this.#owner;
    const entry = { table: this.name, key, keyGroup, namespace, value, epoch };
    this.#keysOf(keyGroup, namespace).set(key, entry);
    this.#entryCount += 1;
    return entry;
  }

  /** @returns the entry that was there. Errors: MR_STATE_NO_KEY. */
  remove(namespace: string): StateEntry | undefined {
    const entry = this.find(namespace);
    if (entry !== undefined) this.removeEntry(entry);
    return entry;
  }

  /** One of this table, of any key. */
  removeEntry(entry: StateEntry): void {
    this.#owner.touch(entry);
    const { keyGroup, key, namespace } = entry;
    const group = this.#groups[keyGroup];
    const keys = group?.get(namespace);
    keys?.delete(key);
    if (keys?.size === 0) group?.delete(namespace);
    this.#entryCount -= 1;
  }

  /** Of all keys: by key group, then by namespace, then in order of their making. */
  *entries(): Generator<StateEntry, void, undefined> {
    for (const group of this.#groups) {
      if (group === undefined) continue;
      for (const keys of group.values()) yield* keys.values();
    }
  }

  clear(): void {
    this.#groups.length = 0;
    this.#entryCount = 0;
  }

  #keysOf(keyGroup: number, namespace: string): ByKey {
    let group = this.#groups[keyGroup];
    if (group === undefined) {
      group = new Map();
      this.#groups[keyGroup] = group;
    }
    let keys = group.get(namespace);
    if (keys === undefined) {
      keys = new Map();
      group.set(namespace, keys);
    }
    return keys;
  }
}
