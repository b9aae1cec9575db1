import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { createRowReader } from "../../../../dataplane/formats/row-reader.ts";
import { RowWriter } from "../../../../dataplane/formats/row-writer.ts";
import { findMismatch } from "../../../../dataplane/formats/type-check.ts";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import type { DataType, ScalarKind } from "../../../../dataplane/protocol/types.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../../../dataplane/protocol/view-layout.ts";
import { anyType, createMemory, SEED, valuesOfType } from "./arbitraries.ts";

const scalar = (kind: ScalarKind): DataType => ({ kind });
const STRING = scalar("STRING");
const INT = scalar("INT");
const USER: DataType = {
  kind: "ROW",
  fields: [
    { name: "name", type: STRING },
    { name: "age", type: INT },
  ],
};

interface Setup {
  readonly maxRecordBytes?: number;
  readonly missingFields?: "refused" | "null";
  readonly rowCapacity?: number;
}

function createWriter(memory: TaskMemory, record: DataType, setup: Setup = {}): RowWriter {
  const { maxRecordBytes = 1 << 20, missingFields = "refused", rowCapacity = 64 } = setup;
  const schema = Schema.of({ record, key: null });
  const builder = new BatchBuilder(memory, schema, { rowCapacity, flags: BUILDER_WITH_TIMESTAMPS });
  return new RowWriter(builder, { operator: "map", maxRecordBytes, missingFields });
}

function readAll(builder: BatchBuilder): unknown[] {
  const reader = createRowReader(builder.schema);
  reader.open(builder);
  return Array.from({ length: builder.rowCount }, (_, row) => reader.read(row));
}

function sealed(builder: BatchBuilder): Uint8Array {
  const bytes = new Uint8Array(builder.sealedLength());
  builder.sealInto(bytes, 0, 0);
  return bytes;
}

function errorOf(action: () => unknown): EngineError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

test("a value that does not fit is named by its place, what was expected and what it is", async () => {
  const memory = await createMemory();
  const nested: DataType = { kind: "TUPLE", fields: [{ kind: "LIST", element: USER }, INT] };
  const cases: readonly (readonly [DataType, unknown, string, string, string])[] = [
    [STRING, 1, "record", "STRING", "the number 1"],
    [INT, 2 ** 31, "record", "INT (an integer of 32 bits)", "the number 2147483648"],
    [INT, 1.5, "record", "INT (an integer of 32 bits)", "the number 1.5"],
    [INT, 1n, "record", "INT (an integer of 32 bits)", "the bigint 1n"],
    [
      scalar("LONG"),
      2 ** 53,
      "record",
      "LONG (a safe integer, or a bigint of 64 bits)",
      "the number 9007199254740992",
    ],
    [
      scalar("LONG"),
      2n ** 63n,
      "record",
      "LONG (a safe integer, or a bigint of 64 bits)",
      "the bigint 9223372036854775808n",
    ],
    [
      scalar("TIMESTAMP"),
      new Date(0),
      "record",
      "TIMESTAMP (ms: a safe integer, or a bigint of 64 bits)",
      "a Date",
    ],
    [scalar("NUMBER"), "1", "record", "NUMBER", 'the string "1"'],
    [scalar("BOOLEAN"), 0, "record", "BOOLEAN", "the number 0"],
    [scalar("BYTES"), [1], "record", "BYTES (a Uint8Array)", "an array of 1"],
    [{ kind: "LIST", element: INT }, "x", "record", "LIST(INT)", 'the string "x"'],
    [USER, { name: "a" }, "record.age", "INT (an integer of 32 bits)", "missing"],
    [USER, { name: "a", age: 1, x: 2 }, "record.x", "no such field (name, age)", "the number 2"],
    [USER, ["a", 1], "record", "ROW{name: STRING, age: INT}", "an array of 2"],
    [
      nested,
      [[], 1, 2],
      "record",
      "TUPLE(LIST(ROW{name: STRING, age: INT}), INT)",
      "an array of 3",
    ],
    [
      nested,
      [
        [
          { name: "a", age: 1 },
          { name: "b", age: "x" },
        ],
        1,
      ],
      "record[0][1].age",
      "INT (an integer of 32 bits)",
      'the string "x"',
    ],
  ];
  for (const [type, value, path, expected, actual] of cases) {
    const writer = createWriter(memory, type);
    const error = errorOf(() => writer.write(value, null));
    assert.equal(error.code, "MR_TYPE_MISMATCH");
    assert.deepEqual(error.details, { operator: "map", path, expected, actual });
    assert.equal(writer.builder.rowCount, 0);
  }
});

test("null and undefined are null in every field, and no record", async () => {
  const writer = createWriter(await createMemory(), USER);
  writer.write({ name: undefined, age: null }, null);
  writer.sync();
  assert.deepEqual(readAll(writer.builder), [{ name: null, age: null }]);
  for (const value of [null, undefined]) {
    assert.throws(() => writer.write(value, null), {
      code: "MR_RECORD_NULL",
      details: { operator: "map", value: String(value) },
    });
  }
});

test("where rows may lack fields, these are null, but extra fields and other objects do not fit", async () => {
  const writer = createWriter(await createMemory(), USER, { missingFields: "null" });
  writer.write({ age: 1 }, null);
  writer.write({}, null);
  writer.sync();
  assert.deepEqual(readAll(writer.builder), [
    { name: null, age: 1 },
    { name: null, age: null },
  ]);
  for (const value of [{ age: 1, x: 1 }, { name: "a", age: 1, x: 1 }, new Date(), new Map()]) {
    assert.equal(errorOf(() => writer.write(value, null)).code, "MR_TYPE_MISMATCH");
  }
});

test("what every object inherits is no field", async () => {
  const fields = ["constructor", "toString"].map((name) => ({ name, type: STRING }));
  const memory = await createMemory();
  const strict = createWriter(memory, { kind: "ROW", fields });
  assert.equal(errorOf(() => strict.write({}, null)).details["actual"], "missing");
  const lenient = createWriter(memory, { kind: "ROW", fields }, { missingFields: "null" });
  lenient.write({}, null);
  lenient.sync();
  assert.deepEqual(readAll(lenient.builder), [{ constructor: null, toString: null }]);
});

test("instances of classes fit a declared row by their fields", async () => {
  class Person {
    name = "a";
    age = 3;
  }
  const writer = createWriter(await createMemory(), USER);
  writer.write(new Person(), null);
  writer.sync();
  assert.deepEqual(readAll(writer.builder), [{ name: "a", age: 3 }]);
});

test("the writer refuses exactly what the check refuses, and then leaves the builder as it was", async () => {
  const memory = await createMemory();
  const anyCase = fc
    .tuple(anyType, anyType)
    .chain(([type, other]) =>
      fc.tuple(
        fc.constant(type),
        fc.array(fc.oneof(valuesOfType(type), valuesOfType(other)), { maxLength: 8 }),
      ),
    );
  fc.assert(
    fc.property(
      anyCase,
      fc.constantFrom("refused" as const, "null" as const),
      ([type, values], missing) => {
        const writer = createWriter(memory, type, { missingFields: missing });
        const reference = createWriter(memory, type, { missingFields: missing });
        values.forEach((value, index) => {
          const fits = findMismatch(type, value, missing) === null;
          if (fits) reference.write(value, index % 3 === 0 ? null : index);
          let isTaken = true;
          try {
            writer.write(value, index % 3 === 0 ? null : index);
          } catch (error) {
            assert.ok(error instanceof EngineError, String(error));
            isTaken = false;
            reference.sync();
            assert.deepEqual(sealed(writer.builder), sealed(reference.builder));
          }
          assert.equal(isTaken, fits);
        });
        writer.sync();
        reference.sync();
        assert.deepEqual(sealed(writer.builder), sealed(reference.builder));
        writer.builder.dispose();
        reference.builder.dispose();
      },
    ),
    { seed: SEED, numRuns: 1000 },
  );
});

test("a record beyond the limit is refused, whether one value or the sum of many is too large", async () => {
  const memory = await createMemory();
  const type: DataType = { kind: "LIST", element: STRING };
  for (const value of [
    ["x".repeat(2000)],
    Array.from({ length: 20 }, () => "y".repeat(60)),
    ["z".repeat(101)],
  ]) {
    const writer = createWriter(memory, type, { maxRecordBytes: 100 });
    writer.write(["ok"], null);
    const error = errorOf(() => writer.write(value, null));
    assert.equal(error.code, "MR_RECORD_TOO_LARGE");
    assert.equal(error.details["limit"], 100);
    assert.deepEqual(readAll(writer.builder), [["ok"]]);
  }
});

test("a record that finds no memory leaves the builder as it was", async () => {
  const memory = await createMemory(1 << 20);
  const writer = createWriter(
    memory,
    { kind: "TUPLE", fields: [STRING, STRING] },
    { maxRecordBytes: 1 << 26 },
  );
  writer.write(["a", "b"], null);
  const error = errorOf(() => writer.write(["c", "d".repeat(1 << 21)], null));
  assert.equal(error.code, "MR_MEMORY_EXHAUSTED");
  assert.deepEqual(readAll(writer.builder), [["a", "b"]]);
  writer.write(["e", null], null);
  writer.sync();
  assert.deepEqual(readAll(writer.builder), [
    ["a", "b"],
    ["e", null],
  ]);
});

test("values written before and after the memory has grown are both there", async () => {
  const memory = await createMemory();
  const writer = createWriter(memory, {
    kind: "TUPLE",
    fields: [STRING, { kind: "LIST", element: INT }],
  });
  const values = Array.from({ length: 60 }, (_, n) => [
    `${n}`.repeat(n * 40),
    Array.from({ length: n * 9 }, () => n),
  ]);
  const before = memory.byteLength;
  for (const value of values) writer.write(value, 5);
  writer.sync();
  assert.ok(memory.byteLength > before);
  assert.deepEqual(readAll(writer.builder), values);
});

test("it is full by rows or by bytes, and can go on after a reset", async () => {
  const memory = await createMemory();
  const byRows = createWriter(memory, INT, { rowCapacity: 2 });
  byRows.write(1, null);
  assert.equal(byRows.isFull, false);
  byRows.write(2, null);
  assert.equal(byRows.isFull, true);
  assert.throws(() => byRows.write(3, null), RangeError);
  byRows.sync();
  byRows.builder.reset();
  byRows.attach();
  byRows.write(4, null);
  byRows.sync();
  assert.deepEqual(readAll(byRows.builder), [4]);

  const builder = new BatchBuilder(memory, Schema.of({ record: STRING, key: null }), {
    byteCapacity: 5000,
  });
  const byBytes = new RowWriter(builder, {
    operator: "map",
    maxRecordBytes: 1 << 20,
    missingFields: "refused",
  });
  while (!byBytes.isFull) byBytes.write("0123456789", null);
  byBytes.sync();
  assert.equal(builder.isFull, true);
  assert.ok(builder.rowCount > 100 && builder.rowCount < 500, String(builder.rowCount));
});
