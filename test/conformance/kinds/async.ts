/** Kind `async`: async I/O whose requests are answered by events. */

import type { ManualClock } from "../../../control/common/manual-clock.ts";
import type { AsyncRetrySpec, OperatorSpec } from "../../../dataplane/protocol/deployment.ts";
import { ChainOperator } from "../chain-operator.ts";
import type { Operator, OperatorKind, StreamElement } from "../operator.ts";
import {
  type AnswerEvent,
  type OperatorDescription,
  tupleTypeOf,
  type VectorValue,
} from "../vectors.ts";

export interface AsyncDescription extends OperatorDescription {
  readonly ordered: boolean;
  readonly timeout: number;
  readonly capacity: number;
  readonly onTimeout?: "emit" | "empty";
  readonly retry?: {
    readonly maxAttempts: number;
    readonly delay: number;
    readonly ifException?: boolean;
    /** Results that are empty. */
    readonly ifResult?: boolean;
  };
}

interface ResultFuture {
  complete(results: Iterable<unknown>): void;
  completeExceptionally(error: unknown): void;
}

const RETRY_FIELDS: ReadonlySet<string> = new Set([
  "maxAttempts",
  "delay",
  "ifException",
  "ifResult",
]);

export const asyncWait: OperatorKind = { unsupported, create };

function unsupported(description: OperatorDescription): string | null {
  const { retry = {}, onTimeout } = description as AsyncDescription;
  const unknown = Object.keys(retry).find((field) => !RETRY_FIELDS.has(field));
  if (unknown !== undefined) return `retry with ${unknown}`;
  const isKnown = onTimeout === undefined || onTimeout === "emit" || onTimeout === "empty";
  return isKnown ? null : `onTimeout ${onTimeout}`;
}

function create(description: OperatorDescription, types: readonly string[]): Operator {
  return new AsyncOperator(description as AsyncDescription, types);
}

class AsyncOperator implements Operator {
  readonly #description: AsyncDescription;
  readonly #types: readonly string[];
  readonly #operator: ChainOperator;
  /** Open requests of each id, oldest first. */
  readonly #requests = new Map<unknown, ResultFuture[]>();

  constructor(description: AsyncDescription, types: readonly string[], clock?: ManualClock) {
    this.#description = description;
    this.#types = types;
    const subtask = { subtaskIndex: 0, parallelism: 1, maxParallelism: 128 };
    const plan = { spec: specOf(description, types), ...subtask };
    this.#operator = new ChainOperator(plan, (role) => this.#functionOf(role), clock);
  }

  get engines(): Operator["engines"] {
    return this.#operator.engines;
  }

  open(): Promise<void> {
    return this.#operator.open();
  }

  process(element: StreamElement): Promise<StreamElement[]> {
    return this.#operator.process(element);
  }

  finish(): Promise<StreamElement[]> {
    return this.#operator.finish();
  }

  advanceClock(ms: bigint): Promise<StreamElement[]> {
    return this.#operator.advanceClock(ms);
  }

  answer(event: AnswerEvent): Promise<StreamElement[]> {
    const id = "complete" in event ? event.complete : event.fail;
    const request = this.#requests.get(id)?.shift();
    if (request === undefined) throw new TypeError(`There is no open request ${String(id)}.`);
    if ("complete" in event) request.complete(event.results.map((result) => [id, result]));
    else request.completeExceptionally(new Error(`failed ${String(id)}`));
    return this.#operator.run();
  }

  async snapshotAndRestore(): Promise<Operator> {
    const snapshot = this.#operator.snapshot();
    const { clock } = this.#operator;
    await this.close();
    const restored = new AsyncOperator(this.#description, this.#types, clock);
    await restored.open();
    restored.#operator.restore(snapshot);
    return restored;
  }

  close(): Promise<void> {
    return this.#operator.close();
  }

  #functionOf(role: string): unknown {
    const { onTimeout, retry } = this.#description;
    switch (role) {
      case "fn":
        return {
          asyncInvoke: ([id]: readonly VectorValue[], future: ResultFuture) => {
            const open = this.#requests.get(id) ?? [];
            this.#requests.set(id, open);
            open.push(future);
          },
          ...(onTimeout === undefined ? {} : { timeout: timeoutFunctions[onTimeout] }),
        };
      case "retry-exception":
        return retry?.ifException === true ? () => true : undefined;
      case "retry-result":
        return retry?.ifResult === true
          ? (results: readonly unknown[]) => results.length === 0
          : undefined;
      default:
        return undefined;
    }
  }
}

const timeoutFunctions = {
  emit: ([id]: readonly VectorValue[], future: ResultFuture) => future.complete([[id, "timeout"]]),
  empty: (_value: readonly VectorValue[], future: ResultFuture) => future.complete([]),
};

function specOf(description: AsyncDescription, types: readonly string[]): OperatorSpec {
  const { ordered, timeout, capacity, retry } = description;
  const backoff: AsyncRetrySpec | null =
    retry === undefined
      ? null
      : {
          kind: "backoff",
          maxAttempts: retry.maxAttempts,
          initialDelayMs: retry.delay,
          maxDelayMs: retry.delay,
          multiplier: 1,
        };
  return {
    id: "async",
    name: "async",
    kind: "async",
    input: null,
    inputType: { record: tupleTypeOf(types), key: null },
    // Results are the id, of the type it has in the input, and a text.
    outputType: { record: tupleTypeOf([types[0] ?? "STRING", "STRING"]), key: null },
    engine: "js",
    ordered,
    timeoutMs: timeout,
    capacity,
    retry: backoff,
  };
}
