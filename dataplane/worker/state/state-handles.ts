/** Handles on keyed state of one value per key: values, reducing and aggregating states. */

import { refuseAsync } from "../../connectors/user-code.ts";
import { cloneValue } from "../../formats/generic.ts";
import type { AggregateFunction } from "../../functions/aggregate.ts";
import type {
  AggregatingState,
  Reducer,
  ReducingState,
  ValueState,
} from "../../functions/state.ts";
import type { MergingHandle } from "./merging-handle.ts";
import type { StateCell } from "./state-cell.ts";

export class ValueHandle<T> implements ValueState<T> {
  readonly #cell: StateCell;
  readonly #defaultValue: T | null;

  constructor(cell: StateCell, defaultValue: T | null) {
    this.#cell = cell;
    this.#defaultValue = defaultValue;
  }

  value(): T | null {
    return (this.#cell.read() as T | undefined) ?? cloneValue(this.#defaultValue);
  }

  update(value: T | null | undefined): void {
    if (value === null || value === undefined) this.#cell.clear();
    else this.#cell.write(value);
  }

  clear(): void {
    this.#cell.clear();
  }
}

export class ReducingHandle<T> implements ReducingState<T>, MergingHandle {
  readonly #cell: StateCell;
  readonly #reduce: Reducer<T>;
  readonly #operatorName: string;

  constructor(cell: StateCell, reduce: Reducer<T>, operatorName: string) {
    this.#cell = cell;
    this.#reduce = reduce;
    this.#operatorName = operatorName;
  }

  get(): T | null {
    return (this.#cell.read() as T | undefined) ?? null;
  }

  add(value: T | null | undefined): void {
    if (value === null || value === undefined) {
      this.#cell.clear();
      return;
    }
    const before = this.#cell.readToWrite() as T | undefined;
    const result = before === undefined ? value : this.#reduce(before, value);
    this.#cell.write(checkSync(result, this.#operatorName));
  }

  clear(): void {
    this.#cell.clear();
  }

  take(): unknown {
    return takeFrom(this.#cell);
  }

  merge(part: unknown): void {
    this.add(part as T);
  }
}

export class AggregatingHandle<IN, ACC, OUT> implements AggregatingState<IN, OUT>, MergingHandle {
  readonly #cell: StateCell;
  readonly #aggregate: AggregateFunction<IN, ACC, OUT>;
  readonly #operatorName: string;

  constructor(cell: StateCell, aggregate: AggregateFunction<IN, ACC, OUT>, operatorName: string) {
    this.#cell = cell;
    this.#aggregate = aggregate;
    this.#operatorName = operatorName;
  }

  get(): OUT | null {
    const accumulator = this.#cell.read() as ACC | undefined;
    return accumulator === undefined ? null : this.#aggregate.getResult(accumulator);
  }

  add(value: IN | null | undefined): void {
    if (value === null || value === undefined) {
      this.#cell.clear();
      return;
    }
    const before = this.#cell.readToWrite() as ACC | undefined;
    const accumulator = this.#aggregate.add(value, before ?? this.#aggregate.createAccumulator());
    this.#cell.write(checkSync(accumulator, this.#operatorName));
  }

  clear(): void {
    this.#cell.clear();
  }

  take(): unknown {
    return takeFrom(this.#cell);
  }

  merge(part: unknown): void {
    const before = this.#cell.readToWrite() as ACC | undefined;
    const accumulator =
      before === undefined ? (part as ACC) : this.#aggregate.merge(before, part as ACC);
    this.#cell.write(checkSync(accumulator, this.#operatorName));
  }
}

function takeFrom(cell: StateCell): unknown {
  const value = cell.read();
  if (value !== undefined) cell.clear();
  return value;
}

function checkSync<T>(value: T, operator: string): T {
  refuseAsync(value, operator);
  return value;
}
