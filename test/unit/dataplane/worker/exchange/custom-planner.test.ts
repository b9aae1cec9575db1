/** Compiled partitioners against V8: the same channels, and the same errors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fusedModule } from "../../../../../control/compiler/emit/fused-module.ts";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import type { RowScatter } from "../../../../../dataplane/memory/row-scatter.ts";
import type { TaskMemory } from "../../../../../dataplane/memory/task-memory.ts";
import type { KeySelectorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { CustomPlanner } from "../../../../../dataplane/worker/exchange/custom-planner.ts";
import { Random } from "../../../../compiler-fuzz/random.ts";
import { randomRows } from "../../../../compiler-fuzz/rows.ts";
import { compileModule } from "../operators/compiled-modules.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  INT,
  NUMBER,
  STRING,
  scalar,
  tuple,
} from "../operators/harness.ts";

const CHANNELS = 5;
const random = new Random(20260103);
const ROW: DataType = {
  kind: "ROW",
  fields: [
    { name: "s", type: STRING },
    { name: "n", type: NUMBER },
    { name: "l", type: scalar("LONG") },
  ],
};

interface Case {
  readonly partitioner: unknown;
  /** The selector, or a field. */
  readonly key: unknown;
  readonly type: DataType;
}

interface Planner {
  /** Channels of these records, as one batch. */
  channelsOf(records: readonly unknown[]): readonly number[];
  /** Makes the module known, as a command of the master would. */
  deliver(): void;
  /** Records that the partitioner was called for in JavaScript. */
  readonly called: () => number;
}

async function plannerOf({ partitioner, key, type }: Case): Promise<Planner> {
  const field = typeof key === "function" ? null : (key as string | number);
  const names = type.kind === "ROW" ? type.fields.map(({ name }) => name as string | number) : [];
  const analysis = analyze({
    fn: partitioner,
    role: "partitioner",
    inputType: type,
    declaredOutput: NUMBER,
    partition: {
      key: typeof field === "string" ? names.indexOf(field) : key,
      channels: CHANNELS,
    },
  });
  if (!analysis.ok) throw new Error(analysis.reason);
  const module = await compileModule(
    fusedModule([{ about: "partitioner", program: analysis.program }]),
  );
  let called = 0;
  const counted = (value: unknown, count: number): unknown => {
    called += 1;
    const call = typeof partitioner === "function" ? partitioner : partitionOf(partitioner);
    return call(value, count);
  };
  const { context, memory } = await createHarness({ "e/partitioner": counted, "e/key": key });
  const selector: KeySelectorSpec =
    field === null ? { kind: "function" } : { kind: "field", field };
  const planner = new CustomPlanner(
    {
      spec: { kind: "custom", functionId: "e", selector, module: "e" },
      channelCount: CHANNELS,
      operatorName: "op",
    },
    { ...context, moduleOf: module.moduleOf },
  );
  return {
    channelsOf(records) {
      const timed = records.map((value) => ({ value, timestampMs: null }));
      const batch = buildBatch(memory, timed, batchType(type));
      return channelsOf(planner, batch, memory);
    },
    deliver: () => module.deliver(),
    called: () => called,
  };
}

function partitionOf(object: unknown): (key: unknown, count: number) => unknown {
  return (key, count) =>
    (object as { partition(key: unknown, count: number): unknown }).partition(key, count);
}

function channelsOf(planner: CustomPlanner, batch: BatchBuilder, memory: TaskMemory): number[] {
  const channels: number[] = [];
  const scatter = {
    planByChannel(_: BatchBuilder, ptr: number) {
      const { u16 } = memory;
      for (let row = 0; row < batch.rowCount; ++row) channels.push(u16[(ptr >>> 1) + row] ?? -1);
    },
  };
  planner.plan(batch, scatter as unknown as RowScatter);
  return channels;
}

const ALWAYS: readonly Case[] = [
  {
    partitioner: (key: number, count: number) => ((key % count) + count) % count,
    key: 0,
    type: INT,
  },
  { partitioner: (key: number) => Math.abs(key) % 5, key: (n: number) => n >> 1, type: INT },
  {
    partitioner: { partition: (key: string, count: number) => key.length % count },
    key: "s",
    type: ROW,
  },
  {
    partitioner: ([s, n]: [string, number], count: number) => (n > 0 ? s.length % count : 0),
    key: (r: { s: string; n: number }) => [r.s, r.n],
    type: ROW,
  },
  { partitioner: () => 3, key: "n", type: ROW },
  {
    partitioner: (key: number) => {
      if (key > 10) return 4;
      return key > 0 ? 1 : -0;
    },
    key: 1,
    type: tuple(STRING, NUMBER),
  },
];

for (const each of ALWAYS) {
  test(`${String(each.partitioner)} is called for no record once it is compiled`, async () => {
    const planner = await plannerOf(each);
    const records = randomRows(each.type, 500, random);
    const expected = planner.channelsOf(records);
    assert.equal(planner.called(), records.length);
    planner.deliver();
    assert.deepEqual(planner.channelsOf(records), expected);
    assert.equal(planner.called(), records.length);
    assert.ok(expected.every((channel) => channel < CHANNELS));
  });
}

test("records that compiled code gives up, and nulls, are JavaScript's", async () => {
  const split = await plannerOf({
    partitioner: (part: string, count: number) => (part ?? "none").length % count,
    key: (r: { s: string }) => r.s.split(",")[1],
    type: ROW,
  });
  const row = (s: string | null) => ({ s, n: 1, l: 1 });
  const few = ["a,b", "a", "a,bc", "a,", "b", "x,yyyyyyy"].map(row);
  const many = Array.from({ length: 40 }, (_, index) => row(index % 3 === 0 ? "a" : "a,bcd"));
  const expected = [few, many].map((rows) => split.channelsOf(rows));
  split.deliver();
  const before = split.called();
  assert.deepEqual(split.channelsOf(few), expected[0]);
  assert.equal(split.called() - before, 2);
  assert.deepEqual(split.channelsOf(many), expected[1]);
  const nulls = [...few, row(null)].slice(0, 3).concat(row(null));
  assert.throws(() => split.channelsOf(nulls), { code: "MR_FUNCTION_THREW" });
});

for (const [s, answer] of [
  ["99999", "99999"],
  ["0.5", "0.5"],
  ["-1", "-1"],
  ["x", "NaN"],
] as const) {
  test(`channel ${answer} is the same error on both engines, in front of later ones`, async () => {
    const planner = await plannerOf({
      partitioner: (key: string) => Number(key),
      key: "s",
      type: ROW,
    });
    const rows = ["1", s, "7"].map((text) => ({ s: text, n: 1, l: 1 }));
    const error = {
      code: "MR_PARTITION_OUT_OF_RANGE",
      details: { operator: "op", actual: answer, last: CHANNELS - 1 },
    };
    assert.throws(() => planner.channelsOf(rows), error);
    planner.deliver();
    assert.throws(() => planner.channelsOf(rows), error);
  });
}

test("what a selector throws is thrown although the partitioner does not look at its key", async () => {
  const planner = await plannerOf({
    partitioner: () => 0,
    key: (r: { n: number; s: string }) => r.s.repeat(r.n),
    type: ROW,
  });
  planner.deliver();
  assert.deepEqual(planner.channelsOf([{ s: "a", n: 3, l: 1 }]), [0]);
  assert.throws(() => planner.channelsOf([{ s: "a", n: -1, l: 1 }]), {
    code: "MR_FUNCTION_THREW",
  });
});

test("a key beyond the safe integers is a bigint to the partitioner", async () => {
  const planner = await plannerOf({
    partitioner: (key: number, count: number) => Number(key) % count,
    key: "l",
    type: ROW,
  });
  const rows = [7, 2n ** 60n, 8].map((l) => ({ s: "", n: 1, l }));
  const expected = planner.channelsOf(rows);
  planner.deliver();
  assert.deepEqual(planner.channelsOf(rows), expected);
});

test("what gives no number is refused", async () => {
  const partitioner = (key: string) => key;
  await assert.rejects(
    plannerOf({ partitioner, key: "s", type: ROW }),
    /gives .*STRING.* as channel/,
  );
});
