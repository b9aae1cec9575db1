import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_ROW_INDEXES,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../dataplane/protocol/view-layout.ts";
import { anyTypedRows, topTypes } from "../../../oracle/arbitrary-rows.ts";
import { type Row, readRows, writeRow } from "../../../oracle/column-rows.ts";
import {
  buildRows,
  createMemory,
  sealAndOpen,
  tupleSchema,
} from "../../../oracle/kernel-memory.ts";
import { seeded } from "../../../oracle/seeded.ts";

const ALL_FLAGS =
  BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_ROW_INDEXES | BUILDER_WITH_OPS;
const STRING = { kind: "STRING" } as const;
const LONG = { kind: "LONG" } as const;

/** Some rows of a view, ascending, none twice. */
const anySelection = (rows: number) => fc.subarray(Array.from({ length: rows }, (_, row) => row));

function writeSelection(memory: TaskMemory, rows: readonly number[]): number {
  const ptr = memory.alloc(Math.max(rows.length, 1) * 4);
  memory.u32.set(rows, ptr >>> 2);
  return ptr;
}

const selected = anyTypedRows(150).chain((typed) =>
  anySelection(typed.rows.length).map((selection) => ({ typed, selection })),
);

test("selected rows, appended behind others, are the rows that a filter of the array gives", () => {
  const { memory } = createMemory();
  fc.assert(
    fc.property(selected, fc.nat({ max: 5 }), ({ typed, selection }, before) => {
      const view = sealAndOpen(buildRows(memory, typed));
      const first = typed.rows.slice(0, before);
      const builder = buildRows(memory, { type: typed.type, rows: first }, { rowCapacity: 200 });
      const ptr = writeSelection(memory, selection);
      const { kernels } = memory;
      const taken = kernels.gatherSelected(view.ptr, ptr, 0, selection.length, builder.ptr, 0);
      assert.equal(taken, selection.length);
      const expected = [...first, ...selection.map((row) => typed.rows[row] as Row)];
      assert.deepEqual(readRows(builder), expected);
      assert.deepEqual(readRows(sealAndOpen(builder)), expected);
      assert.ok(builder.sealedLength() <= builder.byteLength);
    }),
    seeded(150),
  );
});

test("ranges, appended one behind the other, are the slices of the array", () => {
  const { memory } = createMemory();
  const cut = fc.tuple(anyTypedRows(150), fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }));
  fc.assert(
    fc.property(cut, ([typed, cuts]) => {
      const view = sealAndOpen(buildRows(memory, typed));
      const builder = buildRows(memory, { type: typed.type, rows: [] }, { rowCapacity: 700 });
      const expected: Row[] = [];
      for (const [a, b] of cuts) {
        const start = a % (typed.rows.length + 1);
        const count = b % (typed.rows.length - start + 1);
        assert.equal(builder.appendRows(view, start, count), count);
        expected.push(...typed.rows.slice(start, start + count));
      }
      assert.deepEqual(readRows(builder), expected);
      assert.deepEqual(readRows(sealAndOpen(builder)), expected);
    }),
    seeded(150),
  );
});

test("a builder is filled up to its bytes, emptied and filled again until all rows went through", () => {
  const { memory } = createMemory();
  const byteCapacity = fc.integer({ min: 64, max: 6000 });
  const rowCapacity = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(selected, byteCapacity, rowCapacity, ({ typed, selection }, bytes, rows) => {
      const view = sealAndOpen(buildRows(memory, typed));
      const options = { byteCapacity: bytes, rowCapacity: rows, flags: ALL_FLAGS };
      const builder = new BatchBuilder(memory, view.schema, options);
      const ptr = writeSelection(memory, selection);
      const got: Row[] = [];
      for (let from = 0; from < selection.length; ) {
        const count = selection.length - from;
        const taken = memory.kernels.gatherSelected(view.ptr, ptr, from, count, builder.ptr, 0);
        assert.ok(taken > 0, "an empty builder takes a row");
        assert.ok(taken <= rows);
        if (taken > 1) assert.ok(builder.byteLength <= bytes, "no row too many");
        assert.ok(builder.sealedLength() <= builder.byteLength);
        got.push(...readRows(builder));
        from += taken;
        builder.reset();
      }
      assert.deepEqual(
        got,
        selection.map((row) => typed.rows[row]),
      );
    }),
    seeded(150),
  );
});

test("a partly filled builder refuses the row that would pass its bytes, an empty one takes it alone", () => {
  const { memory } = createMemory();
  const type = tupleSchema(STRING).type;
  const rows = ["a", "x".repeat(100_000), "b"].map((text) => ({ values: [text], timestamp: null }));
  const view = sealAndOpen(buildRows(memory, { type, rows }));
  const builder = new BatchBuilder(memory, view.schema, { byteCapacity: 4096 });
  assert.equal(builder.appendRows(view, 0, 3), 1);
  assert.equal(builder.appendRows(view, 1, 2), 0);
  builder.reset();
  assert.equal(builder.appendRows(view, 1, 2), 1);
  assert.equal(builder.appendRows(view, 2, 1), 0);
  builder.reset();
  assert.equal(builder.appendRows(view, 2, 1), 1);
  assert.deepEqual(readRows(builder), [rows[2]]);
});

function systemColumns(view: BatchView) {
  const { memory, rowCount } = view;
  const at = <T>(array: ArrayLike<T>, index: number) =>
    Array.from({ length: rowCount }, (_, row) => array[index + row]);
  return {
    keyGroups: at(memory.u16, view.keyGroupsPtr >>> 1),
    rowIndexes: at(memory.u32, view.rowIndexesPtr >>> 2),
    ops: at(memory.u8, view.opsPtr),
    timestamps: Array.from({ length: rowCount }, (_, row) => view.timestampOf(row)),
  };
}

function numberedBuilder(memory: TaskMemory, count: number, flags: number): BatchBuilder {
  const rows = Array.from({ length: count }, (_, row) => ({
    values: [BigInt(row)],
    timestamp: (flags & BUILDER_WITH_TIMESTAMPS) === 0 || row % 3 === 0 ? null : BigInt(row),
  }));
  return buildRows(memory, { type: tupleSchema(LONG).type, rows }, { flags });
}

test("system columns follow their rows, by selection and by range", () => {
  const { memory } = createMemory();
  const source = numberedBuilder(memory, 50, ALL_FLAGS);
  for (let row = 0; row < 50; ++row) {
    memory.u16[(source.keyGroupsPtr >>> 1) + row] = row * 3;
    memory.u32[(source.rowIndexesPtr >>> 2) + row] = row * 1000;
    memory.u8[source.opsPtr + row] = row % 4;
  }
  const rows = Array.from({ length: 50 }, (_, row) => row).filter((row) => row % 7 !== 2);
  const builder = new BatchBuilder(memory, source.schema, { flags: ALL_FLAGS });
  const ptr = writeSelection(memory, rows);
  memory.kernels.gatherSelected(source.ptr, ptr, 0, rows.length, builder.ptr, 0);
  builder.appendRows(source, 10, 30);
  const all = [...rows, ...Array.from({ length: 30 }, (_, row) => row + 10)];
  assert.deepEqual(systemColumns(builder), {
    keyGroups: all.map((row) => row * 3),
    rowIndexes: all.map((row) => row * 1000),
    ops: all.map((row) => row % 4),
    timestamps: all.map((row) => (row % 3 === 0 ? null : row)),
  });
});

test("where the view has no system columns, rows are inserts of key group 0 that know their own number", () => {
  const { memory } = createMemory();
  const source = numberedBuilder(memory, 20, 0);
  const builder = new BatchBuilder(memory, source.schema, { flags: ALL_FLAGS });
  const ptr = writeSelection(memory, [1, 5, 19]);
  memory.kernels.gatherSelected(source.ptr, ptr, 0, 3, builder.ptr, 0);
  builder.appendRows(source, 3, 2);
  assert.deepEqual(systemColumns(builder), {
    keyGroups: [0, 0, 0, 0, 0],
    rowIndexes: [1, 5, 19, 3, 4],
    ops: [0, 0, 0, 0, 0],
    timestamps: [null, null, null, null, null],
  });
});

test("key groups given beside the view come before its own", () => {
  const { memory } = createMemory();
  const source = numberedBuilder(memory, 3, BUILDER_WITH_KEY_GROUPS);
  memory.u16.set([1, 2, 3], source.keyGroupsPtr >>> 1);
  const given = memory.alloc(64);
  memory.u16.set([7, 8, 9], given >>> 1);
  const builder = new BatchBuilder(memory, source.schema, { flags: BUILDER_WITH_KEY_GROUPS });
  memory.kernels.gatherRange(source.ptr, 1, 2, builder.ptr, given);
  memory.kernels.gatherSelected(source.ptr, writeSelection(memory, [0]), 0, 1, builder.ptr, given);
  assert.deepEqual(systemColumns(builder).keyGroups, [8, 9, 7]);
});

test("a builder without the key column takes the rows without their keys", () => {
  const { memory } = createMemory();
  const type = { record: { kind: "TUPLE", fields: [LONG, STRING] }, key: STRING } as const;
  const rows = [{ values: [1n, "a", "key"], timestamp: null }];
  assert.equal(topTypes(type).length, 3);
  const source = buildRows(memory, { type, rows });
  const builder = new BatchBuilder(memory, Schema.of({ ...type, key: null }));
  builder.appendRows(source, 0, 1);
  assert.deepEqual(readRows(builder), [{ values: [1n, "a"], timestamp: null }]);
});

test("strings at the very end of memory are gathered without reading behind it", () => {
  const { memory } = createMemory();
  const rows = ["long enough to move by itself", "end"].map((text) => ({
    values: [text],
    timestamp: null,
  }));
  const source = buildRows(memory, { type: tupleSchema(STRING).type, rows });
  const builder = new BatchBuilder(memory, source.schema);
  writeRow(builder, rows[0] as Row);
  const heap = source.heapPtr(0);
  const bytes = source.heapLength(0);
  const end = memory.byteLength - bytes;
  memory.u8.copyWithin(end, heap, heap + bytes);
  memory.u32[((source.columnPtrs[0] as number) + 8) >>> 2] = end;
  const ptr = writeSelection(memory, [1, 0]);
  assert.equal(memory.kernels.gatherSelected(source.ptr, ptr, 0, 2, builder.ptr, 0), 2);
  assert.deepEqual(readRows(builder), [rows[0], rows[1], rows[0]]);
});

test("a budget that is used up is an answer, not a trap", () => {
  const { memory } = createMemory(20 * 65536);
  const rows = [{ values: ["x".repeat(200_000)], timestamp: null }];
  const source = buildRows(memory, { type: tupleSchema(STRING).type, rows }, { rowCapacity: 1 });
  const builder = new BatchBuilder(memory, source.schema, { rowCapacity: 1 });
  while (memory.kernels.alloc(65536) !== 0);
  assert.throws(() => builder.appendRows(source, 0, 1), { code: "MR_MEMORY_EXHAUSTED" });
});
