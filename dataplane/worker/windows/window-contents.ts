/**
 * What the windows of an operator hold, by the text of the window: one value (records folded as they come),
 * or all elements. Calls are about the current key.
 */

import type { Fold } from "../operators/fold-head.ts";
import type { Timestamp } from "../operators/row-target.ts";
import type { KeyedBackend } from "../state/keyed-backend.ts";
import type { StateTable } from "../state/state-table.ts";
import type { Aggregate } from "./aggregate.ts";

export interface WindowContents {
  /** @returns whether it is the window's first */
  add(window: string, record: unknown, timestampMs: Timestamp): boolean;
  /** What the window comes to, which may be changed in place; undefined = nothing. */
  get(window: string): unknown;
  clear(window: string): void;
  /** Adds what other windows hold, which lose it, to that of `target`. */
  merge(target: string, sources: readonly string[]): void;
}

abstract class TableContents implements WindowContents {
  protected readonly backend: KeyedBackend;
  protected readonly table: StateTable;

  constructor(backend: KeyedBackend) {
    this.backend = backend;
    this.table = backend.table("windows/contents");
  }

  add(window: string, record: unknown, timestampMs: Timestamp): boolean {
    const entry = this.table.find(window);
    if (entry === undefined) {
      this.table.put(window, this.begin(record, timestampMs));
      return true;
    }
    this.backend.touch(entry);
    entry.value = this.extend(entry.value, record, timestampMs);
    return false;
  }

  get(window: string): unknown {
    return this.table.get(window);
  }

  clear(window: string): void {
    this.table.remove(window);
  }

  merge(target: string, sources: readonly string[]): void {
    let merged: unknown;
    for (const source of sources) {
      const value = this.table.get(source);
      if (value === undefined) continue;
      this.table.remove(source);
      merged = merged === undefined ? value : this.join(merged, value);
    }
    if (merged === undefined) return;
    const value = this.table.get(target);
    this.table.put(target, value === undefined ? merged : this.join(value, merged));
  }

  protected abstract begin(record: unknown, timestampMs: Timestamp): unknown;
  protected abstract extend(value: unknown, record: unknown, timestampMs: Timestamp): unknown;
  protected abstract join(a: unknown, b: unknown): unknown;
}

/** One record: reduce, sum, min, max, minBy, maxBy. */
export class FoldContents extends TableContents {
  readonly #fold: Fold;

  constructor(backend: KeyedBackend, fold: Fold) {
    super(backend);
    this.#fold = fold;
  }

  protected override begin(record: unknown): unknown {
    return this.#fold.start(record);
  }

  protected override extend(value: unknown, record: unknown): unknown {
    return this.#fold.fold(value, record);
  }

  protected override join(a: unknown, b: unknown): unknown {
    return this.#fold.fold(a, b);
  }
}

/** One accumulator. */
export class AggregateContents extends TableContents {
  readonly #aggregate: Aggregate;

  constructor(backend: KeyedBackend, aggregate: Aggregate) {
    super(backend);
    this.#aggregate = aggregate;
  }

  /** As in Flink, a result of null is none. */
  override get(window: string): unknown {
    const accumulator = super.get(window);
    return accumulator === undefined
      ? undefined
      : (this.#aggregate.result(accumulator) ?? undefined);
  }

  protected override begin(record: unknown): unknown {
    return this.#aggregate.add(record, this.#aggregate.create());
  }

  protected override extend(accumulator: unknown, record: unknown): unknown {
    return this.#aggregate.add(record, accumulator);
  }

  protected override join(a: unknown, b: unknown): unknown {
    return this.#aggregate.merge(a, b);
  }
}

/** All elements: records, or TimestampedValues where evictors look at their times. */
export class ElementContents extends TableContents {
  readonly #isTimestamped: boolean;

  constructor(backend: KeyedBackend, elements: "records" | "timestamped") {
    super(backend);
    this.#isTimestamped = elements === "timestamped";
  }

  protected override begin(record: unknown, timestampMs: Timestamp): unknown {
    return [this.#elementOf(record, timestampMs)];
  }

  protected override extend(elements: unknown, record: unknown, timestampMs: Timestamp): unknown {
    (elements as unknown[]).push(this.#elementOf(record, timestampMs));
    return elements;
  }

  protected override join(a: unknown, b: unknown): unknown {
    for (const element of b as readonly unknown[]) (a as unknown[]).push(element);
    return a;
  }

  #elementOf(record: unknown, timestampMs: Timestamp): unknown {
    return this.#isTimestamped ? { value: record, timestamp: timestampMs } : record;
  }
}
