import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import {
  BATCH_MAX_TIMESTAMP,
  BATCH_MIN_TIMESTAMP,
  BATCH_SCHEMA_ID,
} from "../../../../dataplane/protocol/batch-layout.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_ROW_INDEXES,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../dataplane/protocol/view-layout.ts";
import { anyTypedRows } from "../../../oracle/arbitrary-rows.ts";
import { type Row, readRows, writeRow } from "../../../oracle/column-rows.ts";
import {
  buildRows,
  createMemory,
  sealToMemory,
  tupleSchema,
} from "../../../oracle/kernel-memory.ts";
import { seeded } from "../../../oracle/seeded.ts";

const MAX_LONG = 2n ** 63n - 1n;
const STRING = { kind: "STRING" } as const;
const INT = { kind: "INT" } as const;
const LONG = { kind: "LONG" } as const;
const row = (...values: Row["values"]): Row => ({ values, timestamp: null });

test("rows of any type come back from builder, sealed batch and reset builder; nothing leaks", () => {
  fc.assert(
    fc.property(anyTypedRows(150), (typed) => {
      const { memory, manager } = createMemory();
      const builder = buildRows(memory, typed);
      assert.deepEqual(readRows(builder), typed.rows);
      assert.ok(builder.sealedLength() <= builder.byteLength, "byteLength is an upper bound");
      const { ptr, byteLength } = sealToMemory(builder);
      const view = BatchView.open(memory, builder.schema, ptr);
      assert.deepEqual(readRows(view), typed.rows);
      builder.reset();
      assert.equal(builder.rowCount, 0);
      for (const again of typed.rows) writeRow(builder, again);
      assert.deepEqual(readRows(builder), typed.rows);
      const descriptor = builder.schema.descriptorPtr(memory);
      builder.dispose();
      view.dispose();
      memory.free(ptr, byteLength);
      memory.free(descriptor, 8 + 8 * builder.schema.columns.length);
      assert.equal(memory.liveBytes, 0);
      memory.dispose();
      assert.equal(manager.borrowed, 0);
    }),
    seeded(150),
  );
});

test("a row counted in JavaScript is counted as the kernel counts it", () => {
  const { memory } = createMemory();
  fc.assert(
    fc.property(anyTypedRows(30), (typed) => {
      const builder = buildRows(memory, typed);
      const counted = [builder.byteLength, builder.timestampsPtr, builder.timestampsValidityPtr];
      builder.commitRows(0);
      const again = [builder.byteLength, builder.timestampsPtr, builder.timestampsValidityPtr];
      assert.deepEqual(counted, again);
      builder.dispose();
    }),
    seeded(),
  );
});

test("the header has the least and the greatest timestamp, Long.MAX and Long.MIN without any", () => {
  const { memory } = createMemory();
  const times = (timestamps: readonly (bigint | null)[]) => {
    const rows = timestamps.map((timestamp) => ({ values: [1], timestamp }));
    const builder = buildRows(memory, { type: tupleSchema(INT).type, rows });
    const { ptr } = sealToMemory(builder);
    return [BATCH_MIN_TIMESTAMP, BATCH_MAX_TIMESTAMP].map((at) => memory.i64[(ptr + at) >>> 3]);
  };
  assert.deepEqual(times([]), [MAX_LONG, -MAX_LONG - 1n]);
  assert.deepEqual(times([null, null]), [MAX_LONG, -MAX_LONG - 1n]);
  assert.deepEqual(times([5n, -7n, 3n]), [-7n, 5n]);
  assert.deepEqual(times([null, 9n, null, 2n]), [2n, 9n]);
  assert.deepEqual(times([MAX_LONG, -MAX_LONG - 1n]), [-MAX_LONG - 1n, MAX_LONG]);
});

test("a batch is sealed at any place of any buffer, with its schema id, and zeros between its buffers", () => {
  const { memory } = createMemory();
  const builder = buildRows(memory, {
    type: tupleSchema(STRING, INT, { kind: "BOOLEAN" }).type,
    rows: [row("a", null, true), row("bcd", 7, false)],
  });
  const target = new Uint8Array(new SharedArrayBuffer(4096)).fill(0xee);
  const byteLength = builder.sealInto(target, 64, 9);
  assert.equal(byteLength, builder.sealedLength());
  assert.equal(new DataView(target.buffer).getUint32(64 + BATCH_SCHEMA_ID, true), 9);
  assert.ok(target.subarray(0, 64).every((byte) => byte === 0xee));
  assert.ok(target.subarray(64 + byteLength).every((byte) => byte === 0xee));
  const sealed = target.subarray(64, 64 + byteLength);
  assert.ok(sealed.every((byte) => byte !== 0xee));
  // Header, directory, then offsets, heap, validity, ints and bits, each padded to 64.
  assert.equal(byteLength, 64 + 64 + 64 + 64 + 64 + 64 + 64);
  assert.deepEqual([...sealed.subarray(128, 140)], [0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0]);
  assert.equal(Buffer.from(sealed.subarray(192, 196)).toString(), "abcd");
  assert.equal(sealed[256], 2);
  assert.equal(sealed[384], 1);
  for (const [from, to] of [
    [140, 192],
    [196, 256],
    [257, 320],
    [328, 384],
    [385, 448],
  ] as const) {
    assert.ok(
      sealed.subarray(from, to).every((byte) => byte === 0),
      `bytes ${from} to ${to}`,
    );
  }
});

test("system columns are there when the builder has room for them", () => {
  const { memory } = createMemory();
  const flags =
    BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_ROW_INDEXES | BUILDER_WITH_OPS;
  const rows = [1, 2, 3].map((value) => ({ values: [value], timestamp: BigInt(value) }));
  const builder = buildRows(memory, { type: tupleSchema(INT).type, rows }, { flags });
  memory.u16.set([7, 8, 9], builder.keyGroupsPtr >>> 1);
  memory.u32.set([70, 80, 90], builder.rowIndexesPtr >>> 2);
  memory.u8.set([0, 1, 2], builder.opsPtr);
  const view = BatchView.open(memory, builder.schema, sealToMemory(builder).ptr);
  assert.deepEqual([...memory.u16.subarray(view.keyGroupsPtr >>> 1).slice(0, 3)], [7, 8, 9]);
  assert.deepEqual([...memory.u32.subarray(view.rowIndexesPtr >>> 2).slice(0, 3)], [70, 80, 90]);
  assert.deepEqual([...memory.u8.subarray(view.opsPtr, view.opsPtr + 3)], [0, 1, 2]);
  assert.equal(view.timestampOf(2), 3);
  assert.equal(view.timestampsValidityPtr, 0);
});

test("a builder is full at its rows or at its bytes", () => {
  const { memory } = createMemory();
  const byRows = new BatchBuilder(memory, tupleSchema(INT), { rowCapacity: 2 });
  writeRow(byRows, row(1));
  assert.equal(byRows.isFull, false);
  writeRow(byRows, row(2));
  assert.equal(byRows.isFull, true);
  byRows.reset();
  assert.equal(byRows.isFull, false);
  const byBytes = new BatchBuilder(memory, tupleSchema(STRING), { byteCapacity: 4096 });
  let count = 0;
  for (; !byBytes.isFull; ++count) writeRow(byBytes, row("x".repeat(100)));
  assert.ok(count >= 25 && count <= 40, `${count} rows`);
});

test("lists count towards the byte capacity", () => {
  const { memory } = createMemory();
  const schema = tupleSchema({ kind: "LIST", element: LONG });
  const builder = new BatchBuilder(memory, schema, { byteCapacity: 8192 });
  let count = 0;
  for (; !builder.isFull; ++count) writeRow(builder, row(new Array(50).fill(1n)));
  assert.ok(count >= 15 && count <= 20, `${count} rows`);
});

test("buffers that one huge record made grow are given back on reset", () => {
  const { memory } = createMemory();
  const schema = tupleSchema(STRING, { kind: "LIST", element: { kind: "LIST", element: LONG } });
  const builder = new BatchBuilder(memory, schema, { rowCapacity: 64, byteCapacity: 16384 });
  const before = memory.liveBytes;
  const wide = new Array(100_000).fill(null).map(() => [1n]);
  writeRow(builder, row("x".repeat(1_000_000), wide));
  assert.ok(memory.liveBytes > before + 2_000_000);
  builder.reset();
  assert.ok(memory.liveBytes < before + 16384, `${memory.liveBytes - before} bytes more`);
  const rows = [row("again", [[1n], []]), row(null, null)];
  for (const each of rows) writeRow(builder, each);
  assert.deepEqual(readRows(builder), rows);
});

test("buffers of usual size stay on reset, so that the next batch allocates nothing", () => {
  const { memory } = createMemory();
  const builder = new BatchBuilder(memory, tupleSchema(STRING));
  const fill = () => {
    for (let index = 0; index < 1000; ++index) writeRow(builder, row("x".repeat(50)));
  };
  fill();
  const { liveBytes } = memory;
  builder.reset();
  assert.equal(memory.liveBytes, liveBytes);
  fill();
  assert.equal(memory.liveBytes, liveBytes);
});

test("a timestamp without room for one is a mistake", () => {
  const { memory } = createMemory();
  const builder = new BatchBuilder(memory, Schema.of({ record: INT, key: null }));
  assert.throws(() => builder.commitRow(1), TypeError);
});
