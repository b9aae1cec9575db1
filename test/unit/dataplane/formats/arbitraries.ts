/** Arbitrary data types and values of them, and a memory to put them in. */
import fc from "fast-check";

import { loadKernels } from "../../../../dataplane/memory/kernels-module.ts";
import { MemoryManager } from "../../../../dataplane/memory/memory-manager.ts";
import { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import type { DataType, ScalarKind } from "../../../../dataplane/protocol/types.ts";

export const SEED = 20260101;

export async function createMemory(budgetBytes = 256 << 20): Promise<TaskMemory> {
  return TaskMemory.create(await loadKernels(), new MemoryManager(budgetBytes), "test");
}

const SCALARS: readonly ScalarKind[] = [
  "STRING",
  "NUMBER",
  "DOUBLE",
  "INT",
  "LONG",
  "BIGINT",
  "BOOLEAN",
  "TIMESTAMP",
  "BYTES",
  "GENERIC",
];

/** Any code units, so lone surrogates too; now and then a long one. */
export const anyString: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
      .map((units) => String.fromCharCode(...units)),
  },
  { weight: 1, arbitrary: fc.constantFrom("\ud800", "\udc00x", "a\ud83d", "\ud83d\ude00", "") },
  { weight: 1, arbitrary: fc.string({ minLength: 41, maxLength: 200 }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom("é", "漢", "\udfff", "\ud83d\ude00", "z"), {
        minLength: 41,
        maxLength: 90,
      })
      .map((parts) => parts.join("")),
  },
);

/** As LONG comes back: a bigint only where a number would lose bits. */
export const anyLong: fc.Arbitrary<number | bigint> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -1,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
    -(2n ** 63n),
    2n ** 63n - 1n,
    2n ** 53n,
    -(2n ** 53n),
  ),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(normalizeLong),
);

export function normalizeLong(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324),
);

const anyGeneric: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: false,
    maxDepth: 2,
  }),
  anyString,
  anyNumber,
  fc.bigInt(),
);

/** A GENERIC field is null if it holds undefined: a column knows no difference. */
const genericField = anyGeneric.map((value) => value ?? null);

const fieldName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "name",
    "constructor",
    "toString",
    "__proto__",
    "0",
    "a b",
    "\u2028",
    "\ud800",
  ),
  fc.string({ maxLength: 5 }),
);

export const anyType: fc.Arbitrary<DataType> = fc.letrec<{ type: DataType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom(...SCALARS).map((kind): DataType => ({ kind })),
    fc.array(tie("type"), { maxLength: 4 }).map((fields): DataType => ({ kind: "TUPLE", fields })),
    fc
      .uniqueArray(fc.tuple(fieldName, tie("type")), { maxLength: 4, selector: ([name]) => name })
      .map(
        (fields): DataType => ({
          kind: "ROW",
          fields: fields.map(([name, type]) => ({ name, type })),
        }),
      ),
    tie("type").map((element): DataType => ({ kind: "LIST", element })),
  ),
})).type;

/** Values of a type as a reader answers them. */
export function valuesOfType(type: DataType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "STRING":
      return anyString;
    case "NUMBER":
    case "DOUBLE":
      return anyNumber;
    case "INT":
      return fc.integer();
    case "LONG":
    case "TIMESTAMP":
      return anyLong;
    case "BIGINT":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "BOOLEAN":
      return fc.boolean();
    case "BYTES":
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes));
    case "GENERIC":
      return genericField.filter((value) => value !== null);
    case "TUPLE":
      return fc.tuple(...type.fields.map(nullable));
    case "LIST":
      return fc.array(nullable(type.element), { maxLength: 6 });
    case "ROW":
      return fc.tuple(...type.fields.map((field) => nullable(field.type))).map((values) => {
        const entries = type.fields.map((field, index): [string, unknown] => [
          field.name,
          values[index],
        ]);
        return Object.fromEntries(entries);
      });
  }
}

function nullable(type: DataType): fc.Arbitrary<unknown> {
  return fc.option(valuesOfType(type), { nil: null, freq: 6 });
}
