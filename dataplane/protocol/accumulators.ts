/**
 * Accumulators (after Flink's): values that user functions add to in every subtask and that the
 * control plane merges into one result per job. Registered by name in a function's open().
 */
export type AccumulatorKind = "counter" | "minimum" | "maximum" | "average" | "list" | "histogram";

/** What travels when a subtask reports: plain data. */
export interface AccumulatorSnapshot {
  readonly name: string;
  readonly kind: AccumulatorKind;
  readonly state: unknown;
}

export interface Accumulator<V, R> {
  readonly kind: AccumulatorKind;
  add(value: V): void;
  getLocalValue(): R;
  resetLocal(): void;
  /** Plain data that mergeState of the same kind takes. */
  snapshot(): unknown;
  mergeState(state: unknown): void;
}

/** Sum of what was added; Flink's IntCounter, LongCounter and DoubleCounter in one. */
export class Counter implements Accumulator<number, number> {
  readonly kind = "counter";
  #sum = 0;
  add(value = 1): void {
    this.#sum += value;
  }
  getLocalValue(): number {
    return this.#sum;
  }
  resetLocal(): void {
    this.#sum = 0;
  }
  snapshot(): number {
    return this.#sum;
  }
  mergeState(state: unknown): void {
    this.#sum += state as number;
  }
}

abstract class Extreme implements Accumulator<number, number> {
  abstract readonly kind: "minimum" | "maximum";
  #value: number;
  readonly #start: number;
  constructor(start: number) {
    this.#start = start;
    this.#value = start;
  }
  abstract choose(a: number, b: number): number;
  add(value: number): void {
    this.#value = this.choose(this.#value, value);
  }
  getLocalValue(): number {
    return this.#value;
  }
  resetLocal(): void {
    this.#value = this.#start;
  }
  snapshot(): number {
    return this.#value;
  }
  mergeState(state: unknown): void {
    this.add(state as number);
  }
}

/** Smallest value added; Infinity before the first. */
export class Minimum extends Extreme {
  readonly kind = "minimum";
  constructor() {
    super(Number.POSITIVE_INFINITY);
  }
  choose(a: number, b: number): number {
    return Math.min(a, b);
  }
}

/** Largest value added; -Infinity before the first. */
export class Maximum extends Extreme {
  readonly kind = "maximum";
  constructor() {
    super(Number.NEGATIVE_INFINITY);
  }
  choose(a: number, b: number): number {
    return Math.max(a, b);
  }
}

/** Mean of what was added; NaN before the first. */
export class Average implements Accumulator<number, number> {
  readonly kind = "average";
  #sum = 0;
  #count = 0;
  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
  }
  getLocalValue(): number {
    return this.#sum / this.#count;
  }
  resetLocal(): void {
    this.#sum = 0;
    this.#count = 0;
  }
  snapshot(): readonly [number, number] {
    return [this.#sum, this.#count];
  }
  mergeState(state: unknown): void {
    const [sum, count] = state as readonly [number, number];
    this.#sum += sum;
    this.#count += count;
  }
}

/** All values added, in order within a subtask. */
export class ListAccumulator<T> implements Accumulator<T, readonly T[]> {
  readonly kind = "list";
  #values: T[] = [];
  add(value: T): void {
    this.#values.push(value);
  }
  getLocalValue(): readonly T[] {
    return this.#values;
  }
  resetLocal(): void {
    this.#values = [];
  }
  snapshot(): readonly T[] {
    return this.#values;
  }
  mergeState(state: unknown): void {
    for (const value of state as readonly T[]) this.#values.push(value);
  }
}

/** How often each integer was added. */
export class Histogram implements Accumulator<number, ReadonlyMap<number, number>> {
  readonly kind = "histogram";
  #counts = new Map<number, number>();
  add(value: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }
  getLocalValue(): ReadonlyMap<number, number> {
    return this.#counts;
  }
  resetLocal(): void {
    this.#counts = new Map();
  }
  snapshot(): readonly (readonly [number, number])[] {
    return [...this.#counts];
  }
  mergeState(state: unknown): void {
    for (const [value, count] of state as readonly (readonly [number, number])[]) {
      this.#counts.set(value, (this.#counts.get(value) ?? 0) + count);
    }
  }
}

const FACTORIES: Readonly<Record<AccumulatorKind, () => Accumulator<never, unknown>>> = {
  counter: () => new Counter(),
  minimum: () => new Minimum(),
  maximum: () => new Maximum(),
  average: () => new Average(),
  list: () => new ListAccumulator(),
  histogram: () => new Histogram(),
};

/** Merges the reports of all subtasks into one value per name. */
export function mergeAccumulators(snapshots: Iterable<AccumulatorSnapshot>): Map<string, unknown> {
  const merged = new Map<string, Accumulator<never, unknown>>();
  for (const { name, kind, state } of snapshots) {
    const accumulator = merged.get(name) ?? FACTORIES[kind]();
    if (accumulator.kind !== kind) {
      throw new TypeError(
        `Accumulator ${name} is a ${accumulator.kind} in one subtask and a ${kind} in another.`,
      );
    }
    accumulator.mergeState(state);
    merged.set(name, accumulator);
  }
  return new Map([...merged].map(([name, accumulator]) => [name, accumulator.getLocalValue()]));
}
