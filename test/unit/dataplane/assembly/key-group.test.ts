import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { isHashable, KeyFields } from "../../../../dataplane/memory/key-fields.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { KeySpec } from "../../../../dataplane/protocol/deployment.ts";
import type { DataType, ScalarKind } from "../../../../dataplane/protocol/types.ts";
import { anyString } from "../../../oracle/arbitrary-rows.ts";
import type { Value } from "../../../oracle/column-rows.ts";
import { javaHashOf, keyGroupOf } from "../../../oracle/java-keys.ts";
import { buildRows, createMemory } from "../../../oracle/kernel-memory.ts";
import { seeded } from "../../../oracle/seeded.ts";
import { projectRoot } from "../../../project-root.ts";

const { memory } = createMemory();
const scalar = (kind: ScalarKind): DataType => ({ kind });
const fields = (...indexes: readonly number[]): KeySpec => ({ kind: "fields", fields: indexes });

/** Key groups that the kernel gives to rows of a tuple type. */
function keyGroups(
  types: readonly DataType[],
  rows: readonly (readonly Value[])[],
  maxParallelism: number,
  key: KeySpec = fields(...types.keys()),
): number[] {
  const type = { record: { kind: "TUPLE", fields: types }, key: null } as const;
  const builder = buildRows(memory, {
    type,
    rows: rows.map((values) => ({ values, timestamp: null })),
  });
  const keyFields = new KeyFields(memory, builder.schema, key);
  const target = memory.alloc(rows.length * 2 + 2);
  memory.u16[(target >>> 1) + rows.length] = 0xabcd;
  try {
    keyFields.keyGroupsOf(builder, maxParallelism, target, "keyed");
    assert.equal(memory.u16[(target >>> 1) + rows.length], 0xabcd);
    return [...memory.u16.slice(target >>> 1, (target >>> 1) + rows.length)];
  } finally {
    memory.free(target, rows.length * 2 + 2);
    keyFields.dispose();
    builder.dispose();
  }
}

interface Vector {
  readonly name: string;
  readonly calls: readonly {
    readonly args: readonly Value[];
    readonly result: readonly number[];
  }[];
}

const vectors = JSON.parse(
  readFileSync(join(projectRoot, "test/conformance/operators/14-key-groups.json"), "utf8"),
) as readonly Vector[];

const NUMBERS_AS_TEXT: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
};

for (const [name, kind, parse] of [
  ["string-keys", "STRING", (value: Value) => value],
  ["int-keys", "INT", (value: Value) => value],
  ["int-keys", "NUMBER", (value: Value) => value],
  ["long-keys", "LONG", (value: Value) => BigInt(value as string | number)],
  ["long-keys", "TIMESTAMP", (value: Value) => BigInt(value as string | number)],
  ["double-keys", "DOUBLE", (value: Value) => NUMBERS_AS_TEXT[value as string] ?? value],
  ["boolean-keys", "BOOLEAN", (value: Value) => value],
] as const) {
  test(`${kind} keys have the key groups of the vectors ${name}`, () => {
    const { calls } = vectors.find((vector) => vector.name === name) as Vector;
    // Of -0 and NaN the engine thinks otherwise than Java: -0 is 0, NaN is refused.
    const keys = calls
      .map(({ args, result }) => ({ key: parse(args[0] as Value), result }))
      .filter(({ key }) => !Object.is(key, -0) && !Number.isNaN(key));
    assert.ok(keys.length > 1);
    const rows = keys.map(({ key }) => [key]);
    assert.deepEqual(
      keyGroups([scalar(kind)], rows, 128),
      keys.map(({ result }) => result[1]),
    );
    assert.deepEqual(
      keyGroups([scalar(kind)], rows, 1000),
      keys.map(({ result }) => result[2]),
    );
  });
}

test("composite keys have the key groups of the vectors, as fields and as one tuple", () => {
  const { calls } = vectors.find((vector) => vector.name === "tuple-keys") as Vector;
  for (const { args, result } of calls) {
    const types = args.map((value) =>
      scalar(typeof value === "string" ? "STRING" : typeof value === "boolean" ? "BOOLEAN" : "INT"),
    );
    assert.deepEqual(keyGroups(types, [args], 128), [result[1]]);
    const tuple: DataType = { kind: "TUPLE", fields: types };
    assert.deepEqual(keyGroups([tuple], [[args]], 1000), [result[2]]);
  }
});

const keyValues: Readonly<Partial<Record<ScalarKind, fc.Arbitrary<Value>>>> = {
  STRING: fc.oneof(anyString, fc.string({ maxLength: 40, size: "max" })),
  INT: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  LONG: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -9n, max: 9n }),
  ),
  BOOLEAN: fc.boolean(),
  DOUBLE: fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0)),
  NUMBER: fc.oneof(
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(-0, 2 ** 31, -(2 ** 31), 2 ** 63, -(2 ** 63), 2 ** 63 - 1024, 2 ** 64),
  ),
};
const anyMaxParallelism = fc.oneof(
  fc.integer({ min: 1, max: 32768 }),
  fc.integer({ min: 0, max: 15 }).map((power) => 2 ** power),
);

for (const [kind, values] of Object.entries(keyValues)) {
  test(`any ${kind} key has the key group that Java and Flink give it`, () => {
    const rows = fc.array(values, { maxLength: 600, size: "max" });
    const type = scalar(kind as ScalarKind);
    fc.assert(
      fc.property(rows, anyMaxParallelism, (keys, maxParallelism) => {
        const groups = keyGroups(
          [type],
          keys.map((key) => [key]),
          maxParallelism,
        );
        assert.deepEqual(
          groups,
          keys.map((key) => keyGroupOf(javaHashOf(type, key), maxParallelism)),
        );
      }),
      seeded(60),
    );
  });
}

test("any combination of fields, nested tuples and rows hashes as nested Java tuples do", () => {
  const inner: DataType = { kind: "TUPLE", fields: [scalar("LONG"), scalar("STRING")] };
  const named: DataType = {
    kind: "ROW",
    fields: [
      { name: "b", type: scalar("NUMBER") },
      { name: "a", type: { kind: "TUPLE", fields: [scalar("BOOLEAN"), scalar("DOUBLE")] } },
    ],
  };
  const types = [scalar("INT"), inner, named, scalar("STRING")];
  const { STRING, INT, LONG, BOOLEAN, DOUBLE, NUMBER } = keyValues as Required<typeof keyValues>;
  const row = fc.tuple(
    INT as fc.Arbitrary<Value>,
    fc.tuple(LONG as fc.Arbitrary<Value>, STRING as fc.Arbitrary<Value>),
    fc.tuple(
      NUMBER as fc.Arbitrary<Value>,
      fc.tuple(BOOLEAN as fc.Arbitrary<Value>, DOUBLE as fc.Arbitrary<Value>),
    ),
    STRING as fc.Arbitrary<Value>,
  );
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 300 }),
      fc.shuffledSubarray([0, 1, 2, 3], { minLength: 2 }),
      anyMaxParallelism,
      (rows, order, maxParallelism) => {
        const tuple: DataType = {
          kind: "TUPLE",
          fields: order.map((index) => types[index] as DataType),
        };
        const expected = rows.map((values) => {
          const key = order.map((index) => values[index] as Value);
          return keyGroupOf(javaHashOf(tuple, key), maxParallelism);
        });
        assert.deepEqual(keyGroups(types, rows, maxParallelism, fields(...order)), expected);
      },
    ),
    seeded(60),
  );
});

test("the key column is hashed like a field of its type", () => {
  const type = {
    record: scalar("INT"),
    key: { kind: "TUPLE", fields: [scalar("INT"), scalar("STRING")] },
  } as const;
  const rows = [{ values: [1, [7, "x"]], timestamp: null }];
  const builder = buildRows(memory, { type, rows });
  const keyFields = new KeyFields(memory, builder.schema, { kind: "key-column" });
  const target = memory.alloc(64);
  keyFields.keyGroupsOf(builder, 128, target, "keyed");
  const expected = keyGroupOf(javaHashOf(type.key, [7, "x"]), 128);
  assert.equal(memory.u16[target >>> 1], expected);
});

test("a null key is refused with its row, also in a composite key and in a struct on the way", () => {
  const rows = Array.from({ length: 600 }, (_, row) => [row === 517 || row === 580 ? null : row]);
  const atRow = (row: number) => ({
    code: "MR_KEY_NULL",
    details: { operator: "keyed", row, value: "null" },
  });
  assert.throws(() => keyGroups([scalar("INT")], rows, 128), atRow(517));
  assert.throws(
    () =>
      keyGroups(
        [scalar("INT"), scalar("STRING")],
        [
          [1, "a"],
          [2, null],
        ],
        128,
      ),
    atRow(1),
  );
  const tuple: DataType = { kind: "TUPLE", fields: [scalar("INT")] };
  assert.throws(() => keyGroups([tuple], [[[1]], [[2]], [null]], 128), atRow(2));
  assert.throws(() => keyGroups([tuple], [[[null]], [[2]]], 128), atRow(0));
});

test("nulls outside the key are none of its business", () => {
  const rows = [
    [1, null],
    [2, null],
  ];
  assert.equal(keyGroups([scalar("INT"), scalar("STRING")], rows, 128, fields(0)).length, 2);
});

test("a NaN key is refused with its row", () => {
  for (const kind of ["NUMBER", "DOUBLE"] as const) {
    for (const row of [0, 1, 2, 299, 300]) {
      const rows = Array.from({ length: 301 }, (_, index) => [index === row ? Number.NaN : index]);
      const refused = { code: "MR_KEY_NAN", details: { operator: "keyed", row } };
      assert.throws(() => keyGroups([scalar(kind)], rows, 128), refused);
    }
  }
});

test("kernels hash scalars and structures of them, no bytes and no lists", () => {
  const hashable: DataType = {
    kind: "TUPLE",
    fields: [scalar("STRING"), { kind: "ROW", fields: [] }],
  };
  assert.equal(isHashable(hashable), true);
  const bytes = scalar("BYTES");
  const others: DataType[] = [bytes, scalar("GENERIC"), { kind: "LIST", element: scalar("INT") }];
  for (const type of others) {
    assert.equal(isHashable(type), false);
    assert.equal(isHashable({ kind: "TUPLE", fields: [type] }), false);
    const schema = Schema.of({ record: { kind: "TUPLE", fields: [type] }, key: null });
    assert.throws(() => new KeyFields(memory, schema, fields(0)), TypeError);
  }
  const schema = Schema.of({ record: scalar("INT"), key: null });
  assert.throws(() => new KeyFields(memory, schema, fields(1)), TypeError);
  assert.throws(() => new KeyFields(memory, schema, { kind: "key-column" }), TypeError);
});
