/** Where a state of one value per key keeps it: as it is, or with a time to live. */
import type { StateTtlConfig } from "../../functions/state-ttl.ts";
import { Lifetime, type Timed } from "./lifetime.ts";
import type { StateTable } from "./state-table.ts";

/** Which namespace the calls of handles are about; its owner changes it. */
export interface Scope {
  readonly namespace: string;
}

export interface StateCell {
  /** undefined = there is none. */
  read(): unknown;
  /** For what is made of it and then written; undefined = there is none. */
  readToWrite(): unknown;
  write(value: unknown): void;
  clear(): void;
}

/** @param now ms of processing time */
export function cellOf(
  table: StateTable,
  scope: Scope,
  ttl: StateTtlConfig | null,
  now: () => number,
): StateCell {
  return ttl === null
    ? new PlainCell(table, scope)
    : new TimedCell(table, scope, new Lifetime(ttl, now));
}

class PlainCell implements StateCell {
  readonly #table: StateTable;
  readonly #scope: Scope;

  constructor(table: StateTable, scope: Scope) {
    this.#table = table;
    this.#scope = scope;
  }

  read(): unknown {
    return this.#table.get(this.#scope.namespace);
  }

  readToWrite(): unknown {
    return this.#table.get(this.#scope.namespace);
  }

  write(value: unknown): void {
    this.#table.put(this.#scope.namespace, value);
  }

  clear(): void {
    this.#table.remove(this.#scope.namespace);
  }
}

class TimedCell implements StateCell {
  readonly #table: StateTable;
  readonly #scope: Scope;
  readonly #lifetime: Lifetime;

  constructor(table: StateTable, scope: Scope, lifetime: Lifetime) {
    this.#table = table;
    this.#scope = scope;
    this.#lifetime = lifetime;
  }

  read(): unknown {
    const lifetime = this.#lifetime;
    lifetime.cleanUp(this.#table, isGone);
    const timed = this.#table.get(this.#scope.namespace) as Timed | undefined;
    if (timed === undefined) return undefined;
    if (lifetime.isExpired(timed)) {
      this.clear();
      return lifetime.returnsExpired ? timed[0] : undefined;
    }
    if (lifetime.renewsOnRead) lifetime.renew(timed);
    return timed[0];
  }

  readToWrite(): unknown {
    const lifetime = this.#lifetime;
    lifetime.cleanUp(this.#table, isGone);
    const timed = this.#table.get(this.#scope.namespace) as Timed | undefined;
    if (timed === undefined) return undefined;
    return lifetime.returnsExpired || !lifetime.isExpired(timed) ? timed[0] : undefined;
  }

  write(value: unknown): void {
    this.#table.put(this.#scope.namespace, this.#lifetime.begin(value));
  }

  clear(): void {
    this.#table.remove(this.#scope.namespace);
  }
}

function isGone(value: unknown, lifetime: Lifetime): boolean {
  return lifetime.isExpired(value as Timed);
}
