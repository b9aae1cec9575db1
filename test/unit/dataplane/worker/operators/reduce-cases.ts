/** Functions of reduce() that are compiled, over records of many types. */
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { INT, NUMBER, STRING, scalar, tuple } from "./harness.ts";

export interface ReduceCase {
  readonly name: string;
  readonly type: DataType;
  /** Index of the key's field; null = a hidden column of INT. */
  readonly keyField: number | null;
  readonly fn: unknown;
  /** How many calls JavaScript has once the module is there; absent = none. */
  readonly gives?: "some" | "all";
  readonly nulls?: boolean;
}

export const Words = tuple(STRING, NUMBER, STRING);
export type Word = readonly [string, number, string];
const Wide: DataType = {
  kind: "ROW",
  fields: [
    { name: "k", type: INT },
    { name: "l", type: scalar("LONG") },
    { name: "i", type: INT },
    { name: "b", type: scalar("BOOLEAN") },
    { name: "n", type: NUMBER },
    { name: "t", type: scalar("TIMESTAMP") },
  ],
};
interface WideRow {
  readonly k: number;
  readonly l: number;
  readonly i: number;
  readonly b: boolean;
  readonly n: number;
  readonly t: number;
}
const Nested: DataType = {
  kind: "ROW",
  fields: [
    {
      name: "at",
      type: {
        kind: "ROW",
        fields: [
          { name: "x", type: NUMBER },
          { name: "s", type: STRING },
        ],
      },
    },
    { name: "k", type: STRING },
  ],
};
interface NestedRow {
  readonly at: { readonly x: number; readonly s: string };
  readonly k: string;
}

export const REDUCE_CASES: readonly ReduceCase[] = [
  {
    name: "a sum beside fields that stay",
    type: Words,
    keyField: 0,
    fn: (a: Word, b: Word) => [a[0], a[1] + b[1], a[2]],
    nulls: true,
  },
  {
    name: "one record or the other",
    type: Words,
    keyField: 0,
    fn: (a: Word, b: Word) => (a[1] > b[1] ? a : b),
    nulls: true,
  },
  {
    name: "an object with reduce()",
    type: Words,
    keyField: 0,
    fn: { reduce: (a: Word, b: Word) => [b[0], a[1] % 7, b[2].trim()] },
  },
  {
    name: "texts that change places",
    type: Words,
    keyField: null,
    fn: ([a0, a1, a2]: Word, b: Word) => [a2, a1 + 1, b[1] > 0 ? a0 : b[2]],
  },
  {
    name: "rows that are given up",
    type: Words,
    keyField: 0,
    fn: (a: Word, b: Word) => [a[0], a[1] + b[2].toLowerCase().length, b[2].toLowerCase()],
    gives: "some",
  },
  {
    name: "each row is given up, some with nulls",
    type: Words,
    keyField: 0,
    fn: (a: Word, b: Word) => [a[0], a[1] + b[1], b[2].split(",")[1000]],
    gives: "all",
  },
  {
    name: "fields of fixed width",
    type: Wide,
    keyField: 0,
    fn: (a: WideRow, { b, ...rest }: WideRow) => ({
      ...a,
      l: rest.l,
      i: (a.i + rest.i) | 0,
      b: a.b !== b,
      n: Math.max(a.n, rest.n),
      t: rest.n > 0 ? rest.t : a.t,
    }),
  },
  {
    name: "LONG values, as far as they are numbers",
    type: tuple(INT, scalar("LONG")),
    keyField: 0,
    fn: (a: [number, number], b: [number, number]) => [
      a[0],
      Number(a[1]) > Number(b[1]) ? a[1] : b[1],
    ],
    gives: "some",
  },
  {
    name: "keys that are numbers, zeros of both signs among them",
    type: tuple(STRING, NUMBER),
    keyField: 1,
    fn: (a: [string, number], b: [string, number]) => [b[0], a[0].length > 2 ? a[1] : b[1]],
  },
  {
    name: "a record that is a value, by a hidden key",
    type: NUMBER,
    keyField: null,
    fn: (a: number, b: number) => a + b,
  },
  {
    name: "a text that is a value, by itself",
    type: STRING,
    keyField: 0,
    fn: (a: string, b: string) => (b.length > 3 ? b : a),
  },
  {
    name: "records in records, which are one field of state",
    type: Nested,
    keyField: 1,
    fn: (a: NestedRow, b: NestedRow) => ({ k: a.k, at: { x: a.at.x + b.at.x, s: b.at.s } }),
  },
  {
    name: "nulls that are tested, computed with and given",
    type: Words,
    keyField: 0,
    fn: (a: Word, b: Word) => [
      a[0],
      b[1] === null ? a[1] : (a[1] ?? 1) + b[1],
      b[1] > 0 ? b[2] : b[2] === null ? a[2] : null,
    ],
    nulls: true,
  },
  {
    name: "records in records that may be null",
    type: Nested,
    keyField: 1,
    fn: (a: NestedRow, b: NestedRow) => ({
      at: b.at === null || b.at.x > 5 ? a.at : b.at.x < -5 ? null : b.at,
      k: b.k,
    }),
    nulls: true,
  },
  {
    name: "statements, a loop and a helper",
    type: Words,
    keyField: 0,
    fn: (a: Word, b: Word) => {
      const longer = (x: string, y: string) => (x.length > y.length ? x : y);
      let sum = a[1];
      for (const part of b[2].split(" ")) sum += part.length;
      if (sum > 1000) return [a[0], 0, ""];
      return [a[0], sum, longer(a[2], b[2])];
    },
  },
];
