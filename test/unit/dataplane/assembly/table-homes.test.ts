import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { STATUS_DONE } from "../../../../dataplane/protocol/status.ts";
import {
  GROUP_HOMES,
  HOMES_CROWDED,
  HOMES_DENSE,
  HOMES_HASHED,
  TABLE_DIRECTORY_PTR,
} from "../../../../dataplane/protocol/table-layout.ts";
import { createMemory, tupleSchema } from "../../../oracle/kernel-memory.ts";
import { preallocate, type StateRow, TableHarness } from "./table-harness.ts";

const SCHEMA = tupleSchema({ kind: "LONG" }, { kind: "LONG" });
const ROWS_AT_ONCE = 1000;

function createTable(memory: TaskMemory, groupCount = 1): TableHarness {
  const key = { kind: "fields", fields: [0] } as const;
  return new TableHarness(memory, { schema: SCHEMA, key, groupCount });
}

function homesOf({ memory, ptr }: TableHarness): number {
  const directory = memory.u32[(ptr + TABLE_DIRECTORY_PTR) >>> 2] as number;
  return memory.u32[(directory + GROUP_HOMES) >>> 2] as number;
}

function put(table: TableHarness, keys: readonly bigint[]): void {
  for (let at = 0; at < keys.length; at += ROWS_AT_ONCE) {
    const rows = keys.slice(at, at + ROWS_AT_ONCE).map(
      (key): StateRow => ({
        values: [key, key * 3n],
        timestamp: null,
        keyGroup: 0,
        isDelete: false,
      }),
    );
    assert.equal(table.apply(rows), STATUS_DONE);
  }
}

function entriesOf(table: TableHarness): Map<unknown, unknown> {
  table.freeze("full");
  return new Map(table.drain(ROWS_AT_ONCE).map(({ values }) => [values[0], values[1]]));
}

function numbers(count: number, of: (index: bigint) => bigint): bigint[] {
  return Array.from({ length: count }, (_, index) => of(BigInt(index)));
}

test("numbers close together are kept by their lower bits, until others crowd them", () => {
  const { memory } = createMemory();
  preallocate(memory, 8 << 20);
  const table = createTable(memory);
  const close = numbers(5000, (index) => ((index * 7919n) % 5000n) - 2500n);
  put(table, close);
  assert.equal(homesOf(table), HOMES_DENSE);
  const crowd = numbers(1000, (index) => (index + 1n) << 20n);
  put(table, crowd);
  assert.equal(homesOf(table), HOMES_CROWDED);
  const expected = new Map([...close, ...crowd].map((key) => [key, key * 3n]));
  assert.deepEqual(entriesOf(table), expected);
  table.dispose();
});

test("numbers far apart are hashed, and so are those of several key groups", () => {
  const { memory } = createMemory();
  preallocate(memory, 8 << 20);
  const apart = createTable(memory);
  put(
    apart,
    numbers(5000, (index) => index * 1000n),
  );
  assert.equal(homesOf(apart), HOMES_HASHED);
  const groups = createTable(memory, 2);
  put(
    groups,
    numbers(5000, (index) => index),
  );
  assert.equal(homesOf(groups), HOMES_HASHED);
  assert.equal(entriesOf(groups).size, 5000);
  apart.dispose();
  groups.dispose();
});
