/**
 * State of one subtask that belongs to no key: lists and maps by name, whole in memory.
 *
 * Invariants: what snapshot() answers shares nothing with the states; states of a snapshot that nobody
 * asks for stay part of the next ones.
 */
import { checkGeneric, cloneValue, packGeneric } from "../../formats/generic.ts";
import type { BroadcastState } from "../../functions/broadcast.ts";
import type { OperatorStateStore } from "../../functions/checkpointed-function.ts";
import type { ListState, ListStateDescriptor, MapStateDescriptor } from "../../functions/state.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import { elementsOf, type StateOwnerName } from "./list-state.ts";

type Mode = OperatorStateEntry["mode"];

interface OperatorState {
  readonly mode: Mode;
  values(): readonly unknown[];
}

const MODE_TEXT: Readonly<Record<Mode, string>> = {
  split: "a list",
  union: "a union list",
  broadcast: "a broadcast map",
};

export class OperatorStates implements OperatorStateStore {
  readonly #operatorName: string;
  readonly #states = new Map<string, OperatorState>();
  #isRestored = false;

  constructor(operatorName: string) {
    this.#operatorName = operatorName;
  }

  get isRestored(): boolean {
    return this.#isRestored;
  }

  /** Before anything asks for a state. */
  restore(entries: readonly OperatorStateEntry[]): void {
    this.#isRestored = true;
    for (const { name, mode, values } of entries) {
      const state = this.#create(name, mode);
      if (state instanceof ListOfValues) state.addAll(values as Iterable<unknown>);
      else state.putAll(values as Iterable<readonly [unknown, unknown]>);
    }
  }

  snapshot(): readonly OperatorStateEntry[] {
    return [...this.#states].map(([name, state]) => ({
      name,
      mode: state.mode,
      values: cloneValue(state.values()),
    }));
  }

  /** Errors: MR_STATE_KIND. */
  getListState<T>({ name }: ListStateDescriptor<T>): ListState<T> {
    return this.#listOf<T>(name, "split");
  }

  /** Errors: MR_STATE_KIND. */
  getUnionListState<T>({ name }: ListStateDescriptor<T>): ListState<T> {
    return this.#listOf<T>(name, "union");
  }

  /** Errors: MR_STATE_KIND. */
  getBroadcastState<K, V>({ name }: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.#stateOf(name, "broadcast") as MapOfValues as BroadcastState<
      unknown,
      unknown
    > as BroadcastState<K, V>;
  }

  getRegisteredStateNames(): ReadonlySet<string> {
    return this.#namesOf((mode) => mode !== "broadcast");
  }

  getRegisteredBroadcastStateNames(): ReadonlySet<string> {
    return this.#namesOf((mode) => mode === "broadcast");
  }

  #listOf<T>(name: string, mode: "split" | "union"): ListState<T> {
    return this.#stateOf(name, mode) as ListOfValues as ListState<unknown> as ListState<T>;
  }

  #namesOf(isWanted: (mode: Mode) => boolean): ReadonlySet<string> {
    const wanted = [...this.#states].filter(([, { mode }]) => isWanted(mode));
    return new Set(wanted.map(([name]) => name));
  }

  #stateOf(name: string, mode: Mode): OperatorState {
    const known = this.#states.get(name);
    if (known === undefined) return this.#create(name, mode);
    if (known.mode === mode) return known;
    throw new EngineError("MR_STATE_KIND", {
      operator: this.#operatorName,
      state: name,
      first: MODE_TEXT[known.mode],
      second: MODE_TEXT[mode],
    });
  }

  #create(name: string, mode: Mode): ListOfValues | MapOfValues {
    const owner = { operator: this.#operatorName, state: name };
    const state = mode === "broadcast" ? new MapOfValues(owner) : new ListOfValues(mode, owner);
    this.#states.set(name, state);
    return state;
  }
}

/** Errors of what changes it: MR_STATE_NULL, MR_TYPE_UNSUPPORTED. */
class ListOfValues implements ListState<unknown>, OperatorState {
  readonly mode: Mode;
  readonly #owner: StateOwnerName;
  #elements: unknown[] = [];

  constructor(mode: Mode, owner: StateOwnerName) {
    this.mode = mode;
    this.#owner = owner;
  }

  values(): readonly unknown[] {
    return this.#elements;
  }

  get(): readonly unknown[] {
    return [...this.#elements];
  }

  add(value: unknown): void {
    this.addAll([value]);
  }

  addAll(values: Iterable<unknown>): void {
    for (const element of this.#checked(values)) this.#elements.push(element);
  }

  update(values: Iterable<unknown>): void {
    this.#elements = [...this.#checked(values)];
  }

  clear(): void {
    this.#elements = [];
  }

  #checked(values: Iterable<unknown>): readonly unknown[] {
    const elements = elementsOf(values, this.#owner);
    for (const element of elements) checkValue(element, this.#owner);
    return elements;
  }
}

/** Keys are compared by value. Errors of what changes it: MR_TYPE_UNSUPPORTED. */
class MapOfValues implements BroadcastState<unknown, unknown>, OperatorState {
  readonly mode = "broadcast";
  readonly #owner: StateOwnerName;
  readonly #entries = new Map<string, [unknown, unknown]>();

  constructor(owner: StateOwnerName) {
    this.#owner = owner;
  }

  values(): readonly unknown[] {
    return [...this.#entries.values()];
  }

  get(key: unknown): unknown {
    return this.#entries.get(this.#idOf(key))?.[1] ?? null;
  }

  contains(key: unknown): boolean {
    return this.#entries.has(this.#idOf(key));
  }

  put(key: unknown, value: unknown): void {
    checkValue(value, this.#owner);
    const id = this.#idOf(key);
    const known = this.#entries.get(id);
    if (known === undefined) this.#entries.set(id, [key, value]);
    else known[1] = value;
  }

  putAll(entries: Iterable<readonly [unknown, unknown]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  remove(key: unknown): void {
    this.#entries.delete(this.#idOf(key));
  }

  *entries(): IterableIterator<[unknown, unknown]> {
    for (const [key, value] of [...this.#entries.values()]) yield [key, value];
  }

  immutableEntries(): IterableIterator<[unknown, unknown]> {
    return this.entries();
  }

  clear(): void {
    this.#entries.clear();
  }

  #idOf(key: unknown): string {
    const { operator, state } = this.#owner;
    return Buffer.from(packGeneric(key, { operator, path: `a key of state ${state}` })).toString(
      "latin1",
    );
  }
}

function checkValue(value: unknown, { operator, state }: StateOwnerName): void {
  checkGeneric(value, { operator, path: `state ${state}` });
}
