/** Rolling aggregates in the plainest way: one Map, one row after the other. */
import type { RollingFunction } from "../../dataplane/protocol/deployment.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import type { Row, Value } from "./column-rows.ts";

export interface RollingOptions {
  readonly function: RollingFunction;
  /** Of the values of a row. */
  readonly field: number;
  readonly type: DataType;
  readonly first: boolean;
  readonly keyOf: (row: Row) => string;
}

export class RollingOracle {
  /** What each key holds, with the time of its last record. */
  readonly entries = new Map<string, Row>();
  readonly #options: RollingOptions;

  constructor(options: RollingOptions) {
    this.#options = options;
  }

  /** The result for each row. */
  process(rows: readonly Row[]): Row[] {
    return rows.map((row) => {
      const key = this.#options.keyOf(row);
      const known = this.entries.get(key);
      const values = known === undefined ? row.values : this.#fold(known.values, row.values);
      const result = { values, timestamp: row.timestamp };
      this.entries.set(key, result);
      return result;
    });
  }

  #fold(known: readonly Value[], next: readonly Value[]): readonly Value[] {
    const { field, first, type } = this.#options;
    const a = known[field] as Value;
    const b = next[field] as Value;
    const order = compareValues(b, a);
    switch (this.#options.function) {
      case "sum":
        return known.with(field, addValues(a, b, type));
      case "min":
        return order < 0 ? known.with(field, b) : known;
      case "max":
        return order > 0 ? known.with(field, b) : known;
      case "minBy":
        return order < 0 || (order === 0 && !first) ? next : known;
      case "maxBy":
        return order > 0 || (order === 0 && !first) ? next : known;
    }
  }
}

function addValues(a: Value, b: Value, type: DataType): Value {
  if (typeof a === "bigint") return BigInt.asIntN(64, a + (b as bigint));
  const sum = (a as number) + (b as number);
  return type.kind === "INT" ? sum | 0 : sum;
}

/** Doubles as Java's Double.compare orders them, strings as JavaScript does, false before true. */
function compareValues(a: Value, b: Value): number {
  if (typeof a === "number") return compareDoubles(a, b as number);
  const left = a as string;
  const right = b as string;
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareDoubles(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a !== b) return a < b ? -1 : 1;
  return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
}
