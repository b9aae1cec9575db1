/** Functions of the vectors about how values and printed lines look. */

import { javaDouble } from "../../../dataplane/formats/java-double.ts";
import { printPrefix, toText } from "../../../dataplane/formats/to-text.ts";
import { TimeWindow } from "../../../dataplane/functions/windows/window.ts";
import type { DataType } from "../../../dataplane/protocol/types.ts";
import { decodeValue, tupleTypeOf, type VectorValue } from "../vectors.ts";
import type { VectorFunction } from "./vector-function.ts";

export const textFunctions: readonly (readonly [string, VectorFunction])[] = [
  ["doubleToString", ([value]) => javaDouble(decodeValue(value ?? null, "DOUBLE") as number)],
  ["tupleToString", ([types, values]) => tupleToString(types as string[], values as VectorValue[])],
  ["describedToString", ([description]) => describedToString(description as string)],
  [
    "print",
    ([identifier, subtaskIndex, parallelism, text]) =>
      printPrefix(identifier as string, subtaskIndex as number, parallelism as number) + text,
  ],
];

function tupleToString(types: readonly string[], values: readonly VectorValue[]): string {
  const record = values.map((value, index) => decodeValue(value, types[index] ?? ""));
  // A field of type NULL holds null, whatever its type.
  return toText(record, tupleTypeOf(types.map((type) => (type === "NULL" ? "STRING" : type))));
}

const GENERIC: DataType = { kind: "GENERIC" };
const INT: DataType = { kind: "INT" };
const STRING: DataType = { kind: "STRING" };
const DOUBLE: DataType = { kind: "DOUBLE" };

/** The vectors describe these values in words. */
const DESCRIBED: ReadonlyMap<string, readonly [unknown, DataType]> = new Map<
  string,
  readonly [unknown, DataType]
>([
  [
    "tuple('a', tuple(1, 2.0))",
    [["a", [1, 2]], { kind: "TUPLE", fields: [STRING, { kind: "TUPLE", fields: [INT, DOUBLE] }] }],
  ],
  [
    "tuple('a', int array [1, 2, 3])",
    [["a", [1, 2, 3]], { kind: "TUPLE", fields: [STRING, { kind: "LIST", element: INT }] }],
  ],
  [
    "tuple('a', list of 'x' and 'y')",
    [["a", ["x", "y"]], { kind: "TUPLE", fields: [STRING, { kind: "LIST", element: STRING }] }],
  ],
  [
    "row('a', 1, null)",
    [
      { name: "a", count: 1, note: null },
      {
        kind: "ROW",
        fields: [
          { name: "name", type: STRING },
          { name: "count", type: INT },
          { name: "note", type: STRING },
        ],
      },
    ],
  ],
]);

export function isDescribed(description: string): boolean {
  return DESCRIBED.has(description) || windowOf(description) !== null;
}

/** `TimeWindow(0, 3000)` */
function windowOf(description: string): TimeWindow | null {
  const [, start, end] = /^TimeWindow\((-?\d+), (-?\d+)\)$/.exec(description) ?? [];
  return start === undefined ? null : new TimeWindow(Number(start), Number(end));
}

function describedToString(description: string): string {
  const window = windowOf(description);
  if (window !== null) return toText(window, GENERIC);
  const described = DESCRIBED.get(description);
  if (described === undefined) throw new TypeError(`Nobody said what ${description} is.`);
  return toText(...described);
}
