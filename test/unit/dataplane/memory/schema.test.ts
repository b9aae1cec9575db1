import assert from "node:assert/strict";
import { test } from "node:test";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import {
  PHYSICAL_BINARY,
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_I64,
  PHYSICAL_LIST,
  PHYSICAL_STRUCT,
  PHYSICAL_UTF8,
} from "../../../../dataplane/protocol/batch-layout.ts";
import type { DataType, ScalarKind } from "../../../../dataplane/protocol/types.ts";
import { createMemory } from "../../../oracle/kernel-memory.ts";

const scalar = (kind: ScalarKind): DataType => ({ kind });

test("each scalar type has its physical column", () => {
  const expected: Readonly<Record<ScalarKind, number>> = {
    STRING: PHYSICAL_UTF8,
    NUMBER: PHYSICAL_F64,
    DOUBLE: PHYSICAL_F64,
    INT: PHYSICAL_I32,
    LONG: PHYSICAL_I64,
    BIGINT: PHYSICAL_I64,
    TIMESTAMP: PHYSICAL_I64,
    BOOLEAN: PHYSICAL_BOOL,
    BYTES: PHYSICAL_BINARY,
    GENERIC: PHYSICAL_BINARY,
  };
  for (const [kind, physical] of Object.entries(expected)) {
    const schema = Schema.of({ record: { kind: kind as ScalarKind }, key: null });
    assert.equal(schema.columns[0]?.physical, physical);
    assert.deepEqual(schema.fields, [{ name: "value", column: 0, type: { kind } }]);
  }
});

test("fields of a top-level row are columns, nested ones lie below a struct or a list, the key comes last", () => {
  const user: DataType = { kind: "ROW", fields: [{ name: "name", type: scalar("STRING") }] };
  const schema = Schema.of({
    record: {
      kind: "ROW",
      fields: [
        { name: "id", type: scalar("LONG") },
        { name: "users", type: { kind: "LIST", element: user } },
        { name: "flag", type: scalar("BOOLEAN") },
      ],
    },
    key: { kind: "TUPLE", fields: [scalar("INT"), scalar("STRING")] },
  });
  const columns = schema.columns.map((column) => [
    column.path,
    column.physical,
    column.subtreeSize,
    column.isInList,
  ]);
  assert.deepEqual(columns, [
    ["id", PHYSICAL_I64, 1, false],
    ["users", PHYSICAL_LIST, 3, false],
    ["users[]", PHYSICAL_STRUCT, 2, true],
    ["users[].name", PHYSICAL_UTF8, 1, true],
    ["flag", PHYSICAL_BOOL, 1, false],
    ["key", PHYSICAL_STRUCT, 3, false],
    ["key.f0", PHYSICAL_I32, 1, false],
    ["key.f1", PHYSICAL_UTF8, 1, false],
  ]);
  assert.deepEqual(
    schema.fields.map((field) => [field.name, field.column]),
    [
      ["id", 0],
      ["users", 1],
      ["flag", 4],
    ],
  );
  assert.equal(schema.keyColumn, 5);
});

test("a tuple's fields are named f0, f1 and a schema without key says so", () => {
  const schema = Schema.of({
    record: { kind: "TUPLE", fields: [scalar("INT"), scalar("STRING")] },
    key: null,
  });
  assert.deepEqual(
    schema.fields.map((field) => field.name),
    ["f0", "f1"],
  );
  assert.equal(schema.keyColumn, -1);
});

test("the descriptor is made once per memory", () => {
  const { memory } = createMemory();
  const schema = Schema.of({ record: { kind: "LIST", element: scalar("INT") }, key: null });
  const ptr = schema.descriptorPtr(memory);
  assert.equal(schema.descriptorPtr(memory), ptr);
  assert.notEqual(schema.descriptorPtr(createMemory().memory), 0);
  assert.equal(memory.u32[ptr >>> 2], 2);
  assert.deepEqual(
    [...memory.u8.subarray(ptr + 8, ptr + 24)],
    [...[PHYSICAL_LIST, 0, 2, 0, 0, 0, 0, 0], ...[PHYSICAL_I32, 0, 1, 0, 0, 0, 0, 0]],
  );
});
