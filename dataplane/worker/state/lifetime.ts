/**
 * Time to live of one state. What lives is kept as a pair with the time of its last access; it has expired
 * when the clock shows that time plus the time to live. Pairs are renewed in place.
 */
import type { StateTtlConfig } from "../../functions/state-ttl.ts";
import type { StateEntry, StateTable } from "./state-table.ts";

export type Timed = [value: unknown, lastAccessMs: number];

/** Takes out of an entry's value what has expired; answers whether nothing is left of it. */
export type Sweep = (value: unknown, lifetime: Lifetime) => boolean;

export class Lifetime {
  /** What has expired may be seen as long as it is there. */
  readonly returnsExpired: boolean;
  readonly renewsOnRead: boolean;
  readonly #ttlMs: number;
  readonly #cleanupSize: number;
  readonly #now: () => number;
  #swept: Iterator<StateEntry> | null = null;

  /** @param now ms of processing time */
  constructor(config: StateTtlConfig, now: () => number) {
    this.returnsExpired = config.getStateVisibility() === "ReturnExpiredIfNotCleanedUp";
    this.renewsOnRead = config.getUpdateType() === "OnReadAndWrite";
    this.#ttlMs = config.getTimeToLive();
    this.#cleanupSize = config.getCleanupSize();
    this.#now = now;
  }

  begin(value: unknown): Timed {
    return [value, this.#now()];
  }

  renew(timed: Timed): void {
    timed[1] = this.#now();
  }

  isExpired([, lastAccessMs]: Timed): boolean {
    return lastAccessMs + this.#ttlMs <= this.#now();
  }

  /** At each access to the state: looks at a few entries, of any keys, in turn. */
  cleanUp(table: StateTable, sweep: Sweep): void {
    for (let count = 0; count < this.#cleanupSize; ++count) {
      this.#swept ??= table.entries();
      const next = this.#swept.next();
      if (next.done === true) {
        this.#swept = null;
        return;
      }
      if (sweep(table.valueOf(next.value), this)) table.removeEntry(next.value);
    }
  }
}
