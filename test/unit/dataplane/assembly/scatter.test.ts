import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { createChannelTable, RowScatter } from "../../../../dataplane/memory/row-scatter.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../dataplane/protocol/view-layout.ts";
import { anyTypedRows } from "../../../oracle/arbitrary-rows.ts";
import { type Row, readRows } from "../../../oracle/column-rows.ts";
import {
  buildRows,
  createMemory,
  sealAndOpen,
  tupleSchema,
} from "../../../oracle/kernel-memory.ts";
import { seeded } from "../../../oracle/seeded.ts";

const FLAGS = BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_KEY_GROUPS;
const anyChannelCount = fc.oneof(fc.constant(2), fc.integer({ min: 1, max: 9 }));

interface Moved {
  readonly rows: Row[];
  readonly keyGroups: number[];
}

/** Moves every row through one builder per channel, shipping each time one is full. */
function drain(
  scatter: RowScatter,
  view: Parameters<RowScatter["gather"]>[0],
  keyGroupsPtr: number,
  byteCapacity: number,
): Moved[] {
  const { memory } = view;
  return Array.from({ length: scatter.channelCount }, (_, channel) => {
    const builder = new BatchBuilder(memory, view.schema, {
      rowCapacity: 50,
      byteCapacity,
      flags: FLAGS,
    });
    const moved: Moved = { rows: [], keyGroups: [] };
    for (let isDone = false; !isDone; ) {
      isDone = scatter.gather(view, channel, builder, keyGroupsPtr);
      moved.rows.push(...readRows(builder));
      const groups = builder.keyGroupsPtr >>> 1;
      moved.keyGroups.push(...memory.u16.slice(groups, groups + builder.rowCount));
      builder.reset();
    }
    assert.equal(scatter.remaining(channel), 0);
    builder.dispose();
    return moved;
  });
}

test("rows go to the channels of their key groups, in order, with their key groups", () => {
  const { memory } = createMemory();
  const groups = fc.array(fc.nat({ max: 99 }), { minLength: 200, maxLength: 200 });
  const bytes = fc.integer({ min: 500, max: 20_000 });
  fc.assert(
    fc.property(
      anyTypedRows(200),
      groups,
      anyChannelCount,
      bytes,
      (typed, all, channels, capacity) => {
        const view = sealAndOpen(buildRows(memory, typed));
        const keyGroups = all.slice(0, typed.rows.length);
        const keyGroupsPtr = memory.alloc(512);
        memory.u16.set(keyGroups, keyGroupsPtr >>> 1);
        const table = createChannelTable(memory, 100, channels);
        const scatter = new RowScatter(memory, channels);
        scatter.planByKeyGroup(view, keyGroupsPtr, table);
        const moved = drain(scatter, view, keyGroupsPtr, capacity);
        moved.forEach(({ rows, keyGroups: movedGroups }, channel) => {
          const isHere = (row: number) =>
            Math.floor(((keyGroups[row] as number) * channels) / 100) === channel;
          const expected = [...typed.rows.keys()].filter(isHere);
          assert.deepEqual(
            rows,
            expected.map((row) => typed.rows[row]),
          );
          assert.deepEqual(
            movedGroups,
            expected.map((row) => keyGroups[row]),
          );
        });
        scatter.dispose();
      },
    ),
    seeded(100),
  );
});

test("rows go to the channels a partitioner chose", () => {
  const { memory } = createMemory();
  fc.assert(
    fc.property(anyChannelCount, fc.array(fc.nat(), { maxLength: 300 }), (count, picks) => {
      const channels = picks.map((pick) => pick % count);
      const rows = channels.map((_, row) => ({ values: [row], timestamp: null }));
      const view = buildRows(memory, { type: tupleSchema({ kind: "INT" }).type, rows });
      const channelsPtr = memory.alloc(1024);
      memory.u16.set(channels, channelsPtr >>> 1);
      const scatter = new RowScatter(memory, count);
      scatter.planByChannel(view, channelsPtr);
      drain(scatter, view, 0, 4096).forEach((moved, channel) => {
        assert.deepEqual(
          moved.rows,
          rows.filter((_, row) => channels[row] === channel),
        );
        assert.ok(moved.keyGroups.every((group) => group === 0));
      });
    }),
    seeded(100),
  );
});

test("round robin goes on where the last batch ended", () => {
  const { memory } = createMemory();
  const batches = fc.array(fc.nat({ max: 20 }), { maxLength: 5 });
  fc.assert(
    fc.property(anyChannelCount, fc.nat(), batches, (count, start, sizes) => {
      const scatter = new RowScatter(memory, count);
      const got: number[][] = Array.from({ length: count }, () => []);
      const expected: number[][] = Array.from({ length: count }, () => []);
      let next = start;
      let value = 0;
      for (const size of sizes) {
        const rows = Array.from({ length: size }, () => ({ values: [value++], timestamp: null }));
        const view = buildRows(memory, { type: tupleSchema({ kind: "INT" }).type, rows });
        scatter.planRoundRobin(view, next);
        drain(scatter, view, 0, 4096).forEach((moved, channel) => {
          got[channel]?.push(...moved.rows.map((row) => row.values[0] as number));
        });
        for (const row of rows) expected[next++ % count]?.push(row.values[0] as number);
      }
      assert.deepEqual(got, expected);
    }),
    seeded(100),
  );
});

test("a batch bigger than any before gets bigger scratch, and all of it is given back", () => {
  const { memory } = createMemory();
  const type = tupleSchema({ kind: "INT" }).type;
  const rows = Array.from({ length: 5000 }, (_, row) => ({ values: [row], timestamp: null }));
  const small = buildRows(memory, { type, rows: rows.slice(0, 3) });
  const large = buildRows(memory, { type, rows });
  const before = memory.liveBytes;
  const scatter = new RowScatter(memory, 3);
  scatter.planRoundRobin(small, 0);
  scatter.planRoundRobin(large, 1);
  assert.deepEqual(
    [0, 1, 2].map((channel) => scatter.remaining(channel)),
    [1666, 1667, 1667],
  );
  scatter.dispose();
  assert.equal(memory.liveBytes, before);
});

test("channel counts that cannot be are mistakes", () => {
  const { memory } = createMemory();
  for (const count of [0, -1, 1.5, 65536])
    assert.throws(() => new RowScatter(memory, count), TypeError);
});
