/** Handles on lists per key. With a time to live each element is a pair with its last access. */
import type { ListState } from "../../functions/state.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { Lifetime, Timed } from "./lifetime.ts";
import type { MergingHandle } from "./merging-handle.ts";
import type { Scope } from "./state-cell.ts";
import type { StateTable } from "./state-table.ts";

/** Whose list it is, for messages. */
export interface StateOwnerName {
  readonly operator: string;
  readonly state: string;
}

export class ListHandle<T> implements ListState<T>, MergingHandle {
  readonly #table: StateTable;
  readonly #scope: Scope;
  readonly #name: StateOwnerName;

  constructor(table: StateTable, scope: Scope, name: StateOwnerName) {
    this.#table = table;
    this.#scope = scope;
    this.#name = name;
  }

  get(): readonly T[] {
    return (this.#table.get(this.#scope.namespace) as T[] | undefined) ?? [];
  }

  add(value: T): void {
    checkElement(value, this.#name);
    this.#append([value]);
  }

  addAll(values: Iterable<T>): void {
    this.#append(elementsOf(values, this.#name));
  }

  update(values: Iterable<T>): void {
    const elements = elementsOf(values, this.#name);
    if (elements.length === 0) this.clear();
    else this.#table.put(this.#scope.namespace, elements);
  }

  clear(): void {
    this.#table.remove(this.#scope.namespace);
  }

  take(): unknown {
    const elements = this.get();
    this.clear();
    return elements;
  }

  merge(part: unknown): void {
    this.addAll(part as readonly T[]);
  }

  #append(elements: readonly T[]): void {
    appendTo(this.#table, this.#scope.namespace, elements);
  }
}

export class TimedListHandle<T> implements ListState<T>, MergingHandle {
  readonly #table: StateTable;
  readonly #scope: Scope;
  readonly #name: StateOwnerName;
  readonly #lifetime: Lifetime;

  constructor(table: StateTable, scope: Scope, name: StateOwnerName, lifetime: Lifetime) {
    this.#table = table;
    this.#scope = scope;
    this.#name = name;
    this.#lifetime = lifetime;
  }

  /**
   * As in Flink: expired elements stay until all of them are, or until a read that renews the others.
   * Where they may be returned, they are.
   */
  get(): readonly T[] {
    const lifetime = this.#lifetime;
    this.#cleanUp();
    const all = this.#table.get(this.#scope.namespace) as Timed[] | undefined;
    if (all === undefined) return [];
    const living = all.filter((timed) => !lifetime.isExpired(timed));
    if (living.length === 0) {
      this.#table.remove(this.#scope.namespace);
    } else if (lifetime.renewsOnRead) {
      for (const timed of living) lifetime.renew(timed);
      this.#table.put(this.#scope.namespace, living);
    }
    return (lifetime.returnsExpired ? all : living).map(([value]) => value as T);
  }

  add(value: T): void {
    checkElement(value, this.#name);
    this.#append([value]);
  }

  addAll(values: Iterable<T>): void {
    this.#append(elementsOf(values, this.#name));
  }

  update(values: Iterable<T>): void {
    this.#cleanUp();
    const elements = elementsOf(values, this.#name);
    if (elements.length === 0) this.clear();
    else this.#table.put(this.#scope.namespace, this.#begin(elements));
  }

  clear(): void {
    this.#table.remove(this.#scope.namespace);
  }

  take(): unknown {
    const elements = this.get();
    this.clear();
    return elements;
  }

  merge(part: unknown): void {
    this.addAll(part as readonly T[]);
  }

  #append(elements: readonly T[]): void {
    this.#cleanUp();
    appendTo(this.#table, this.#scope.namespace, this.#begin(elements));
  }

  #begin(elements: readonly T[]): Timed[] {
    return elements.map((element) => this.#lifetime.begin(element));
  }

  #cleanUp(): void {
    this.#lifetime.cleanUp(this.#table, sweepList);
  }
}

function sweepList(value: unknown, lifetime: Lifetime): boolean {
  const all = value as Timed[];
  const living = all.filter((timed) => !lifetime.isExpired(timed));
  if (living.length < all.length) all.splice(0, all.length, ...living);
  return living.length === 0;
}

function appendTo(table: StateTable, namespace: string, elements: readonly unknown[]): void {
  if (elements.length === 0) return;
  const list = table.get(namespace) as unknown[] | undefined;
  if (list === undefined) table.put(namespace, [...elements]);
  else for (const element of elements) list.push(element);
}

/** A list of its own. Errors: MR_STATE_NULL. */
export function elementsOf<T>(values: Iterable<T>, name: StateOwnerName): T[] {
  checkElement(values, name);
  const elements = [...values];
  for (const element of elements) checkElement(element, name);
  return elements;
}

function checkElement(value: unknown, name: StateOwnerName): void {
  if (value !== null && value !== undefined) return;
  throw new EngineError("MR_STATE_NULL", { ...name, value: String(value) });
}
