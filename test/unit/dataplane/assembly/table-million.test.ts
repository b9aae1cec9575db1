import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { OP_DELETE, OP_INSERT } from "../../../../dataplane/protocol/batch-layout.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../../../dataplane/protocol/status.ts";
import { createMemory, tupleSchema } from "../../../oracle/kernel-memory.ts";
import { preallocate, TableHarness } from "./table-harness.ts";

const KEYS = 1_000_000;
const GROUPS = 64;
const ROWS = 4096;
const MIB = 1 << 20;

/** xorshift32: the same numbers on every run. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Keys spread over the groups by some function of theirs. */
function groupOf(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 26;
}

/** A table of numbers, and the map it has to agree with, changed a batch at a time. */
class Million {
  readonly table: TableHarness;
  readonly values = new Map<number, number>();
  readonly #input: BatchBuilder;
  readonly #output: BatchBuilder;
  readonly #random = createRandom(20260302);

  constructor(table: TableHarness) {
    this.table = table;
    this.#input = table.createBuilder(ROWS, 4 * MIB);
    this.#output = table.createBuilder(ROWS, 4 * MIB);
  }

  insertAll(): void {
    for (let key = 0; key < KEYS; key += ROWS) {
      const count = Math.min(ROWS, KEYS - key);
      this.#apply(count, (index) => [key + index, key + index, OP_INSERT]);
    }
  }

  /** Updates, and one row in four deletes; keys beyond KEYS are new. */
  change(): void {
    const random = this.#random;
    this.#apply(ROWS, () => [
      random(KEYS * 1.2),
      random(1e9),
      random(4) === 0 ? OP_DELETE : OP_INSERT,
    ]);
  }

  /** Takes one step of a snapshot into `target`; answers whether it was the last. */
  encodeInto(target: Map<number, number>): boolean {
    const { memory } = this.table;
    const output = this.#output;
    output.reset();
    const status = this.table.kernels.tableEncodeStep(this.table.ptr, output.ptr);
    assert.ok(status === STATUS_DONE || status === STATUS_OUTPUT_FULL, `status ${status}`);
    const keys = output.dataPtr(0) >>> 3;
    const values = output.dataPtr(1) >>> 3;
    for (let row = 0; row < output.rowCount; ++row) {
      const key = Number(memory.i64[keys + row]);
      if (memory.u8[output.opsPtr + row] === OP_DELETE) target.delete(key);
      else target.set(key, Number(memory.i64[values + row]));
    }
    return status === STATUS_DONE;
  }

  #apply(count: number, rowAt: (index: number) => readonly [number, number, number]): void {
    const { memory } = this.table;
    const input = this.#input;
    input.reset();
    const keys = input.dataPtr(0) >>> 3;
    const values = input.dataPtr(1) >>> 3;
    for (let index = 0; index < count; ++index) {
      const [key, value, op] = rowAt(index);
      memory.i64[keys + index] = BigInt(key);
      memory.i64[values + index] = BigInt(value);
      memory.u16[(input.keyGroupsPtr >>> 1) + index] = groupOf(key);
      memory.u8[input.opsPtr + index] = op;
      if (op === OP_DELETE) this.values.delete(key);
      else this.values.set(key, value);
    }
    input.commitRows(count);
    assert.equal(this.table.kernels.tableRestore(this.table.ptr, input.ptr), STATUS_DONE);
  }
}

function assertSame(
  actual: ReadonlyMap<number, number>,
  expected: ReadonlyMap<number, number>,
): void {
  assert.equal(actual.size, expected.size);
  for (const [key, value] of expected) {
    if (actual.get(key) !== value) assert.equal(actual.get(key), value, `key ${key}`);
  }
}

test("a million keys, frozen, changed and encoded in turns, agree with a map's snapshots", () => {
  const { memory } = createMemory(512 * MIB);
  preallocate(memory, 320 * MIB);
  const schema = tupleSchema({ kind: "LONG" }, { kind: "LONG" });
  const options = { schema, groupCount: GROUPS, keepsTimestamp: false };
  const table = new TableHarness(memory, { ...options, key: { kind: "fields", fields: [0] } });
  const million = new Million(table);
  million.insertAll();
  assert.equal(table.entryCount, KEYS);

  const snapshot = new Map<number, number>();
  for (const mode of ["full", "delta", "delta"] as const) {
    const frozen = new Map(million.values);
    assert.equal(table.freeze(mode), mode);
    for (let step = 1; !million.encodeInto(snapshot); ++step) {
      if (step % 4 === 0) million.change();
      if (step % 50 === 0) table.swapKernels();
    }
    assertSame(snapshot, frozen);
    for (let round = 0; round < 5; ++round) million.change();
  }
  assert.equal(table.entryCount, million.values.size);
});
