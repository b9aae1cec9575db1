/**
 * Operations that take longer than a request: begun under an id, asked for until they have come to an end, and
 * forgotten some time after that. The same id again is the same operation.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../common/clock.ts";

export type OperationState<T> =
  | { readonly kind: "in-progress" }
  | { readonly kind: "completed"; readonly value: T }
  | { readonly kind: "failed"; readonly error: unknown };

/** What is asked for under the same URL. */
export type OperationKind = "savepoint" | "checkpoint" | "savepoint-disposal" | "data-set";

const IN_PROGRESS = { kind: "in-progress" } as const;
/** ms that the end of an operation is remembered. */
const REMEMBERED_MS = 300_000;
/** Operations that have ended; the oldest are forgotten first. */
const ENDED_MAX = 10_000;

interface Operation {
  state: OperationState<unknown>;
  endedMs: number;
}

export class Operations {
  readonly #clock: Clock;
  readonly #operations = new Map<string, Operation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Begins an operation, unless there is one of that id.
   *
   * @param triggerId null = a new one
   * @returns its id
   */
  begin<T>(
    kind: OperationKind,
    jobId: string,
    triggerId: string | null,
    run: () => Promise<T>,
  ): string {
    this.#forget();
    const id = triggerId ?? randomBytes(16).toString("hex");
    const key = keyOf(kind, jobId, id);
    if (this.#operations.has(key)) return id;
    const operation: Operation = { state: IN_PROGRESS, endedMs: Number.POSITIVE_INFINITY };
    this.#operations.set(key, operation);
    const end = (state: OperationState<T>): void => {
      operation.state = state;
      operation.endedMs = this.#clock.monotonic();
    };
    run().then(
      (value) => end({ kind: "completed", value }),
      (error: unknown) => end({ kind: "failed", error }),
    );
    return id;
  }

  /** null = there is none of that id. */
  state(kind: OperationKind, jobId: string, triggerId: string): OperationState<unknown> | null {
    this.#forget();
    return this.#operations.get(keyOf(kind, jobId, triggerId))?.state ?? null;
  }

  #forget(): void {
    const since = this.#clock.monotonic() - REMEMBERED_MS;
    let excess = this.#operations.size - ENDED_MAX;
    for (const [key, { endedMs }] of this.#operations) {
      if (endedMs === Number.POSITIVE_INFINITY) continue;
      if (endedMs >= since && excess <= 0) break;
      this.#operations.delete(key);
      excess -= 1;
    }
  }
}

function keyOf(kind: OperationKind, jobId: string, triggerId: string): string {
  return `${kind}/${jobId}/${triggerId}`;
}
