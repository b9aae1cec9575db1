import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_ROW_INDEXES,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../dataplane/protocol/view-layout.ts";
import { anyTypedRows, type TypedRows } from "../../../oracle/arbitrary-rows.ts";
import { readRows } from "../../../oracle/column-rows.ts";
import {
  buildRows,
  createMemory,
  sealToMemory,
  tupleSchema,
} from "../../../oracle/kernel-memory.ts";
import { seeded } from "../../../oracle/seeded.ts";

const ALL_FLAGS =
  BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_ROW_INDEXES | BUILDER_WITH_OPS;

const nested: TypedRows = {
  type: tupleSchema(
    { kind: "STRING" },
    { kind: "LIST", element: { kind: "TUPLE", fields: [{ kind: "BOOLEAN" }, { kind: "BYTES" }] } },
    { kind: "LONG" },
  ).type,
  rows: [
    { values: ["one", [[true, Uint8Array.of(1)], null], null], timestamp: 1n },
    { values: [null, null, 7n], timestamp: null },
    { values: ["three", [], -1n], timestamp: 3n },
  ],
};

/** Reads every row, or answers the error that refused the batch; anything else is a failure. */
function tryRead(view: BatchView, ptr: number, limit: number): "read" | "refused" {
  try {
    view.reopen(ptr, limit);
  } catch (error) {
    assert.ok(error instanceof EngineError && error.code === "MR_BATCH_CORRUPT", String(error));
    return "refused";
  }
  if (view.rowCount < 10_000) readRows(view);
  return "read";
}

/** Every buffer of the view lies within the batch, sized by rowCount and by its offsets. */
function assertInside(view: BatchView, ptr: number, end: number): void {
  const { memory } = view;
  const inside = (from: number, bytes: number) => {
    if (from !== 0) assert.ok(from >= ptr && from + bytes <= end, `${from} + ${bytes}`);
  };
  const rows = view.rowCount;
  inside(view.timestampsPtr, rows * 8);
  inside(view.timestampsValidityPtr, rows / 8);
  inside(view.keyGroupsPtr, rows * 2);
  inside(view.rowIndexesPtr, rows * 4);
  inside(view.opsPtr, rows);
  for (const column of [0, 1]) {
    inside(view.dataPtr(column), (rows + 1) * 4);
    inside(view.validityPtr(column), rows / 8);
    for (let row = 0; row < rows; ++row) {
      const offset = memory.u32[(view.dataPtr(column) >>> 2) + row + 1] as number;
      assert.ok(offset <= view.heapLength(column));
    }
  }
  inside(view.heapPtr(0), view.heapLength(0));
  inside(view.dataPtr(3), view.heapLength(1) / 8);
  inside(view.dataPtr(4), (view.heapLength(1) + 1) * 4);
  inside(view.heapPtr(4), view.heapLength(4));
  inside(view.dataPtr(5), rows * 8);
}

test("whatever word of header, directory or offsets is changed, the batch is refused or stays inside itself", () => {
  const { memory } = createMemory();
  const builder = buildRows(memory, nested, { flags: ALL_FLAGS });
  const { ptr, byteLength } = sealToMemory(builder);
  const view = BatchView.create(memory, builder.schema);
  let refused = 0;
  for (let at = 0; at < byteLength; at += 4) {
    const word = (ptr + at) >>> 2;
    const good = memory.u32[word] as number;
    const bad = [0, 1, 63, 64, byteLength, good ^ 1, good + 64, good + 4, ~good >>> 0, 0x7fffffff];
    for (const value of [...bad, 0x80000000, 0xffffffc0, 0xffffffff]) {
      memory.u32[word] = value;
      if (tryRead(view, ptr, byteLength) === "refused") refused += 1;
      else assertInside(view, ptr, ptr + byteLength);
    }
    memory.u32[word] = good;
  }
  assert.equal(tryRead(view, ptr, byteLength), "read");
  assert.ok(refused > 300, `${refused} refused`);
});

test("random bytes over a random batch never lead outside", () => {
  const { memory } = createMemory();
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(anyTypedRows(20), damage, (typed, bytes) => {
      const builder = buildRows(memory, typed);
      const { ptr, byteLength } = sealToMemory(builder);
      for (const [at, byte] of bytes) memory.u8[ptr + (at % byteLength)] = byte;
      const view = BatchView.create(memory, builder.schema);
      tryRead(view, ptr, byteLength);
      view.dispose();
      builder.dispose();
      memory.free(ptr, byteLength);
    }),
    seeded(200),
  );
});

test("a batch that ends behind its limit or behind the memory is refused", () => {
  const { memory } = createMemory();
  const builder = buildRows(memory, nested);
  const { ptr, byteLength } = sealToMemory(builder);
  const view = BatchView.create(memory, builder.schema);
  const refused = { code: "MR_BATCH_CORRUPT" };
  assert.throws(() => view.reopen(ptr, byteLength - 64), refused);
  assert.throws(() => view.reopen(ptr + 4, byteLength), refused);
  assert.throws(() => view.reopen(memory.byteLength - 32), refused);
  assert.throws(() => view.reopen(0xffffffc0), refused);
  assert.equal(view.rowCount, 0);
  const end = memory.byteLength - byteLength;
  memory.u8.copyWithin(end, ptr, ptr + byteLength);
  assert.equal(view.reopen(end).rowCount, 3);
  assert.deepEqual(readRows(view), nested.rows);
  memory.u8.copyWithin(end + 64, ptr, ptr + byteLength - 64);
  assert.throws(() => view.reopen(end + 64), refused);
});

test("a batch of another schema is refused", () => {
  const { memory } = createMemory();
  const builder = buildRows(memory, nested);
  const { ptr } = sealToMemory(builder);
  const other = tupleSchema({ kind: "STRING" });
  assert.throws(() => BatchView.open(memory, other, ptr), { code: "MR_BATCH_CORRUPT" });
});

test("the quick check still finds offsets that end elsewhere than the heap", () => {
  const { memory } = createMemory();
  const builder = buildRows(memory, nested);
  const { ptr, byteLength } = sealToMemory(builder);
  const view = BatchView.open(memory, builder.schema, ptr);
  const offsets = view.dataPtr(0) >>> 2;
  memory.u32[offsets + 1] = 1000;
  assert.throws(() => view.reopen(ptr, byteLength, "full"), { code: "MR_BATCH_CORRUPT" });
  assert.equal(view.reopen(ptr, byteLength, "bounds").rowCount, 3);
  memory.u32[offsets + 3] = 1000;
  assert.throws(() => view.reopen(ptr, byteLength, "bounds"), { code: "MR_BATCH_CORRUPT" });
});
