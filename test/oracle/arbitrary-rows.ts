/** Random record types with rows of them, for fast-check. */
import fc from "fast-check";
import type { BatchType } from "../../dataplane/protocol/deployment.ts";
import type { DataType, ScalarKind } from "../../dataplane/protocol/types.ts";
import type { Row, Value } from "./column-rows.ts";

export interface TypedRows {
  readonly type: BatchType;
  readonly rows: readonly Row[];
}

const SCALARS: readonly ScalarKind[] = [
  "STRING",
  "NUMBER",
  "DOUBLE",
  "INT",
  "LONG",
  "BOOLEAN",
  "TIMESTAMP",
  "BYTES",
  "GENERIC",
];

/** UTF-16 units of every kind: ASCII, two and three bytes, high and low surrogates in any order. */
const unit = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
  { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0x7ff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0x800, max: 0xffff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xd800, max: 0xdfff }) },
);
export const anyString: fc.Arbitrary<string> = fc
  .array(unit, { maxLength: 24, size: "max" })
  .map((units) => String.fromCharCode(...units));

const anyLong = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n)),
);
const anyDouble = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

const SCALAR_VALUES: Readonly<Record<ScalarKind, fc.Arbitrary<Value>>> = {
  STRING: anyString,
  NUMBER: anyDouble,
  DOUBLE: anyDouble,
  INT: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  LONG: anyLong,
  BIGINT: anyLong,
  TIMESTAMP: anyLong,
  BOOLEAN: fc.boolean(),
  BYTES: fc.uint8Array({ maxLength: 40, size: "max" }),
  GENERIC: fc.uint8Array({ maxLength: 8 }),
};

export function anyType(depth: number): fc.Arbitrary<DataType> {
  const scalar = fc.constantFrom(...SCALARS).map((kind): DataType => ({ kind }));
  if (depth === 0) return scalar;
  const child = anyType(depth - 1);
  return fc.oneof(
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: child.map((element): DataType => ({ kind: "LIST", element })) },
    {
      weight: 1,
      arbitrary: fc
        .array(child, { maxLength: 3 })
        .map((fields): DataType => ({ kind: "TUPLE", fields })),
    },
    {
      weight: 1,
      arbitrary: fc.array(child, { maxLength: 3 }).map(
        (types): DataType => ({
          kind: "ROW",
          fields: types.map((type, index) => ({ name: `n${index}`, type })),
        }),
      ),
    },
  );
}

/** Values of a type; one in six is null. */
export function anyValue(type: DataType): fc.Arbitrary<Value> {
  return fc.option(presentValue(type), { freq: 6, nil: null });
}

function presentValue(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "LIST":
      return fc.array(anyValue(type.element), { maxLength: 4 });
    case "TUPLE":
      return fc.tuple(...type.fields.map(anyValue));
    case "ROW":
      return fc.tuple(...type.fields.map((field) => anyValue(field.type)));
    default:
      return SCALAR_VALUES[type.kind];
  }
}

/** Types of the columns at the top level of a record type, in order, then the key. */
export function topTypes({ record, key }: BatchType): readonly DataType[] {
  const fields =
    record.kind === "TUPLE"
      ? record.fields
      : record.kind === "ROW"
        ? record.fields.map((field) => field.type)
        : [record];
  return key === null ? fields : [...fields, key];
}

export const anyBatchType: fc.Arbitrary<BatchType> = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.array(anyType(2), { maxLength: 5 }).map(toTuple) },
      { weight: 1, arbitrary: anyType(2) },
    ),
    fc.option(anyType(1), { nil: null }),
  )
  .map(([record, key]) => ({ record, key }));

export function anyRows(type: BatchType, maxLength: number): fc.Arbitrary<Row[]> {
  const values = fc.tuple(...topTypes(type).map(anyValue));
  const timestamp = fc.option(anyLong, { freq: 4, nil: null });
  const row = fc
    .tuple(values, timestamp)
    .map(([row, time]): Row => ({ values: row, timestamp: time }));
  return fc.array(row, { maxLength, size: "max" });
}

export function anyTypedRows(maxLength: number): fc.Arbitrary<TypedRows> {
  return anyBatchType.chain((type) => anyRows(type, maxLength).map((rows) => ({ type, rows })));
}

function toTuple(fields: readonly DataType[]): DataType {
  return { kind: "TUPLE", fields };
}
