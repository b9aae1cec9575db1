import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import type {
  BatchType,
  KeySpec,
  PartitionerSpec,
} from "../../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { BUILDER_WITH_KEY_GROUPS } from "../../../../../dataplane/protocol/view-layout.ts";
import { HashPlanner } from "../../../../../dataplane/worker/exchange/row-planners.ts";
import { writeRow } from "../../../../oracle/column-rows.ts";
import { projectRoot } from "../../../../project-root.ts";
import { SteppedJob } from "../stepped-job.ts";
import type { TestJob } from "../test-job.ts";
import { CountingSource, type Heard, Listener } from "../tiny-segments.ts";
import { Exchange } from "./exchange-harness.ts";

interface FunctionCase {
  readonly name: string;
  readonly calls: readonly { readonly args: readonly unknown[]; readonly result: unknown }[];
}

const vectors = join(projectRoot, "test/conformance/operators/15-partitioners-print.json");
const cases = JSON.parse(readFileSync(vectors, "utf8")) as readonly FunctionCase[];

function callsOf(name: string): FunctionCase["calls"] {
  const found = cases.find((candidate) => candidate.name === name);
  assert.ok(found !== undefined && found.calls.length > 0);
  return found.calls;
}

interface Run {
  readonly partitioner: PartitionerSpec;
  readonly channels: number;
  readonly records: number;
  readonly functions?: ReadonlyMap<string, unknown>;
  readonly seed?: number;
}

/**
 * Runs a source of 0, 1, 2, ... with one producer; answers the channels of each record, in order.
 */
async function channelsOf({
  partitioner,
  channels,
  records,
  functions,
  seed = 1,
}: Run): Promise<number[][]> {
  const heard: Heard[][] = Array.from({ length: channels }, () => []);
  const job: TestJob = {
    vertices: [
      {
        id: "source",
        parallelism: 1,
        operators: [
          {
            id: "s",
            input: null,
            isSource: true,
            segment: (context) => new CountingSource(context, "s", records, 5),
          },
        ],
      },
      {
        id: "sink",
        parallelism: channels,
        operators: [
          {
            id: "l",
            input: null,
            segment: (context) => new Listener(heard[context.subtaskIndex] ?? []),
          },
        ],
      },
    ],
    edges: [{ source: "source", operatorId: "s", target: "sink", partitioner }],
  };
  const stepped = new SteppedJob(job, functions === undefined ? {} : { functions }, seed);
  await stepped.start();
  await stepped.run(() => 0);
  const failed = stepped.reports.find((report) => report.kind === "failed");
  if (failed?.kind === "failed") throw EngineError.fromWire(failed.error);
  return Array.from({ length: records }, (_, record) =>
    heard.flatMap((own, channel) => own.filter((value) => value === record).map(() => channel)),
  );
}

test("rebalance deals records out in turn, from a channel the seed chooses", async () => {
  const firsts = new Set<number>();
  for (const { args, result } of callsOf("rebalance")) {
    const [channels, records] = args as [number, number];
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const actual = (
        await channelsOf({ partitioner: { kind: "rebalance" }, channels, records, seed })
      ).flat();
      const first = actual[0] ?? 0;
      if (channels === 4) firsts.add(first);
      assert.deepEqual(
        actual.map((channel) => (channel - first + channels) % channels),
        result,
      );
    }
  }
  assert.ok(firsts.size > 1);
});

test("rescale deals records out in turn, from channel 0", async () => {
  const partitioner = { kind: "rescale" } as const;
  for (const { args, result } of callsOf("rescale")) {
    const [channels, records] = args as [number, number];
    assert.deepEqual((await channelsOf({ partitioner, channels, records })).flat(), result);
  }
});

test("global sends all to channel 0, forward has one channel", async () => {
  for (const { args, result } of callsOf("global-forward")) {
    const [channels, records] = args as [number, number];
    assert.deepEqual(
      (await channelsOf({ partitioner: { kind: "global" }, channels, records })).flat(),
      result,
    );
  }
  assert.deepEqual(
    (await channelsOf({ partitioner: { kind: "forward" }, channels: 1, records: 3 })).flat(),
    [0, 0, 0],
  );
});

test("broadcast sends every record to every channel", async () => {
  const actual = await channelsOf({ partitioner: { kind: "broadcast" }, channels: 3, records: 12 });
  assert.deepEqual(
    actual,
    Array.from({ length: 12 }, () => [0, 1, 2]),
  );
});

test("shuffle sends each record to some channel, evenly, by the seed", async () => {
  const run = { partitioner: { kind: "shuffle" } as const, channels: 4, records: 2000 };
  const actual = (await channelsOf({ ...run, seed: 9 })).flat();
  assert.equal(actual.length, 2000);
  for (const channel of [0, 1, 2, 3]) {
    const share = actual.filter((candidate) => candidate === channel).length;
    assert.ok(Math.abs(share - 500) < 100, String(share));
  }
  assert.deepEqual((await channelsOf({ ...run, seed: 9 })).flat(), actual);
  assert.notDeepEqual((await channelsOf({ ...run, seed: 10 })).flat(), actual);
});

const custom = { kind: "custom", functionId: "e", selector: { kind: "function" } } as const;

test("a custom partitioner gets key and number of channels, and its answer is the channel", async () => {
  for (const { args, result } of callsOf("custom")) {
    const [channels, keys] = args as [number, readonly number[]];
    const functions = new Map<string, unknown>([
      ["e/key", (index: number) => keys[index]],
      ["e/partitioner", (key: number, count: number) => ((key % count) + count) % count],
    ]);
    const actual = await channelsOf({
      partitioner: custom,
      channels,
      records: keys.length,
      functions,
    });
    assert.deepEqual(actual.flat(), result);
  }
});

test("a custom partitioner may be an object, and its key a field", async () => {
  const partitioner = { ...custom, selector: { kind: "field", field: 0 } } as const;
  const functions = new Map([["e/partitioner", { partition: (key: number) => key % 2 }]]);
  const actual = await channelsOf({ partitioner, channels: 2, records: 5, functions });
  assert.deepEqual(actual.flat(), [0, 1, 0, 1, 0]);
});

for (const answer of [-1, 2, 0.5, Number.NaN, "1", undefined]) {
  test(`a custom partitioner that answers ${String(answer)} (${typeof answer}) of 2 channels is refused`, async () => {
    const functions = new Map<string, unknown>([
      ["e/key", (key: number) => key],
      ["e/partitioner", () => answer],
    ]);
    await assert.rejects(channelsOf({ partitioner: custom, channels: 2, records: 1, functions }), {
      code: "MR_PARTITION_OUT_OF_RANGE",
      details: { operator: "s", actual: String(answer), last: 1 },
    });
  });
}

test("what a custom partitioner throws is reported with the record", async () => {
  const boom = (): never => {
    throw new RangeError("boom");
  };
  const functions = new Map<string, unknown>([
    ["e/key", (key: number) => key],
    ["e/partitioner", boom],
  ]);
  await assert.rejects(
    channelsOf({ partitioner: custom, channels: 2, records: 3, functions }),
    (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "MR_FUNCTION_THREW");
      assert.equal(error.details.record, "0");
      return true;
    },
  );
});

const textType: BatchType = { record: { kind: "STRING" }, key: null };
const keyedType: BatchType = { record: { kind: "STRING" }, key: { kind: "INT" } };
const firstField: KeySpec = { kind: "fields", fields: [0] };
const keyColumn: KeySpec = { kind: "key-column" };

interface Hashing {
  readonly type: BatchType;
  readonly key: KeySpec;
  readonly channelCount: number;
  readonly maxParallelism: number;
}

function hashExchange({ type, ...options }: Hashing): Exchange {
  return new Exchange({
    channelCount: options.channelCount,
    declaredType: type,
    planner: (memory) => new HashPlanner(memory, { ...options, operatorName: "keyBy" }),
  });
}

/** Rows of texts and, where the type has a key column, of their lengths. */
function textBatch(
  exchange: Exchange,
  type: BatchType,
  texts: readonly (string | null)[],
  flags = 0,
): BatchBuilder {
  const builder = new BatchBuilder(exchange.producerMemory.memory, Schema.of(type), { flags });
  for (const text of texts) {
    const values = type.key === null ? [text] : [text, text?.length ?? 0];
    writeRow(builder, { values, timestamp: null });
  }
  return builder;
}

function textsAt(exchange: Exchange, index: number): unknown[] {
  return exchange.drainRows(index).map(({ values }) => values[0]);
}

test("keyBy sends a record to the subtask of its key group, and the key group along", () => {
  for (const { args, result } of callsOf("key-by")) {
    const [maxParallelism, channels, key] = args as [number, number, string];
    const hashing = { type: textType, key: firstField, channelCount: channels, maxParallelism };
    const exchange = hashExchange(hashing);
    exchange.partition.write(textBatch(exchange, textType, [key]));
    exchange.partition.flush();
    const receivers = exchange.gates.flatMap((gate, index) => {
      const event = gate.next();
      if (event?.kind !== "data") return [];
      const { view } = event;
      const keyGroup = view.memory.u16[view.keyGroupsPtr >>> 1] as number;
      assert.equal(Math.floor((keyGroup * channels) / maxParallelism), index);
      return [index];
    });
    assert.deepEqual(receivers, [result], `${key} of ${channels}`);
  }
});

function withKeyGroups(batch: BatchBuilder, ...keyGroups: readonly number[]): BatchBuilder {
  for (const [row, keyGroup] of keyGroups.entries()) {
    batch.memory.u16[(batch.keyGroupsPtr >>> 1) + row] = keyGroup;
  }
  return batch;
}

const overFour = { channelCount: 4, maxParallelism: 128 };

test("key groups that a batch brings for its key column are taken as they are", () => {
  const exchange = hashExchange({ ...overFour, type: keyedType, key: keyColumn });
  const batch = textBatch(exchange, keyedType, ["a", "b"], BUILDER_WITH_KEY_GROUPS);
  exchange.partition.write(withKeyGroups(batch, 127, 0));
  exchange.partition.flush();
  assert.deepEqual([textsAt(exchange, 3), textsAt(exchange, 0)], [["a"], ["b"]]);
});

test("a key column without key groups is hashed", () => {
  const exchange = hashExchange({ ...overFour, type: keyedType, key: keyColumn });
  exchange.partition.write(textBatch(exchange, keyedType, ["a", "bb", "c"]));
  exchange.partition.flush();
  const dealt = [0, 1, 2, 3]
    .map((index) => textsAt(exchange, index))
    .filter(({ length }) => length > 0);
  assert.ok(dealt.some((texts) => texts.includes("a") && texts.includes("c")));
  assert.deepEqual(dealt.flat().toSorted(), ["a", "bb", "c"]);
});

test("key groups of another key are not taken for those of a field", () => {
  const exchange = hashExchange({ ...overFour, type: textType, key: firstField });
  const batch = textBatch(exchange, textType, ["a"], BUILDER_WITH_KEY_GROUPS);
  exchange.partition.write(withKeyGroups(batch, 0));
  exchange.partition.flush();
  assert.deepEqual(textsAt(exchange, 2), ["a"]);
});

test("a null key is refused with operator and row", () => {
  const exchange = hashExchange({ ...overFour, type: textType, key: firstField });
  assert.throws(() => exchange.partition.write(textBatch(exchange, textType, ["a", null])), {
    code: "MR_KEY_NULL",
    details: { operator: "keyBy", row: 1, value: "null" },
  });
});
