/** Functions of the vectors about the channels that records take. */
import {
  javaStringHash,
  keyGroupOfHash,
  operatorIndexForKeyGroup,
} from "../../../dataplane/formats/java-hash.ts";
import { createRowReader } from "../../../dataplane/formats/row-reader.ts";
import { BatchBuilder } from "../../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../../dataplane/memory/batch-view.ts";
import { RowScatter } from "../../../dataplane/memory/row-scatter.ts";
import type { TaskMemory } from "../../../dataplane/memory/task-memory.ts";
import type { DataType } from "../../../dataplane/protocol/types.ts";
import { pointwiseWires } from "../../../dataplane/protocol/wiring.ts";
import {
  type Partitioner,
  RowPartitioner,
  type RowPlanner,
  WholeBatchPartitioner,
} from "../../../dataplane/worker/exchange/partitioner.ts";
import {
  ChooserPlanner,
  checkedChannel,
  HashPlanner,
  RoundRobinPlanner,
} from "../../../dataplane/worker/exchange/row-planners.ts";
import { batchOf, createMemory, readBatch } from "../batches.ts";
import type { Engine } from "../kind.ts";
import type { VectorFunction } from "./vector-function.ts";

const INT: DataType = { kind: "INT" };
const STRING: DataType = { kind: "STRING" };

export const partitionerFunctions: readonly (readonly [string, VectorFunction])[] = [
  ["rebalance", ([channels, records]) => rebalance(channels as number, records as number)],
  [
    "rescale",
    ([channels, records]) =>
      channelsOf(numbers(records as number), channels as number, (memory) =>
        rowPartitioner(memory, channels as number, new RoundRobinPlanner(channels as number, 0)),
      ),
  ],
  [
    "global",
    ([channels, records]) =>
      channelsOf(
        numbers(records as number),
        channels as number,
        () => new WholeBatchPartitioner(1),
      ),
  ],
  ["partitionCustom", ([channels, keys]) => partitionCustom(channels as number, keys as number[])],
  [
    "keyBy",
    ([maxParallelism, channels, key], engine) =>
      channelOfKey(maxParallelism as number, channels as number, key as string, engine),
  ],
  ["pointwise", ([producers, consumers]) => pointwise(producers as number, consumers as number)],
];

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function rowPartitioner(memory: TaskMemory, channels: number, planner: RowPlanner): Partitioner {
  return new RowPartitioner(new RowScatter(memory, channels), planner);
}

/** The first channel is any; vectors count from it. */
function rebalance(channels: number, records: number): number[] {
  const first = channels - 1;
  const taken = channelsOf(numbers(records), channels, (memory) =>
    rowPartitioner(memory, channels, new RoundRobinPlanner(channels, first)),
  );
  return taken.map((channel) => (channel - first + channels) % channels);
}

function partitionCustom(channels: number, keys: readonly number[]): number[] {
  return channelsOf(keys, channels, (memory) => {
    const choose = (batch: BatchView, row: number): number => {
      const reader = createRowReader(batch.schema);
      reader.open(batch);
      const [, key = 0] = reader.read(row) as number[];
      return checkedChannel(((key % channels) + channels) % channels, channels, "vectors");
    };
    return rowPartitioner(memory, channels, new ChooserPlanner(memory, choose));
  });
}

/** Channel of each of the values, which are dealt out as one batch. */
function channelsOf(
  values: readonly number[],
  channels: number,
  create: (memory: TaskMemory) => Partitioner,
): number[] {
  const memory = createMemory("partitioner");
  try {
    const rows = values.map((value, index) => [index, value]);
    const batch = batchOf(memory, { kind: "TUPLE", fields: [INT, INT] }, rows);
    return dealOut(memory, batch, create(memory), channels);
  } finally {
    memory.dispose();
  }
}

/** Field 0 of a row is its index in the batch. */
function dealOut(
  memory: TaskMemory,
  batch: BatchBuilder,
  partitioner: Partitioner,
  channels: number,
): number[] {
  const taken = new Array<number>(batch.rowCount).fill(-1);
  partitioner.plan(batch);
  for (let channel = 0; channel < channels; channel++) {
    const builder = new BatchBuilder(memory, batch.schema, { flags: partitioner.extraFlags });
    if (partitioner.remaining(channel) > 0 && !partitioner.gather(batch, channel, builder)) {
      throw new Error("A builder has no room for the rows of a vector.");
    }
    for (const { value } of readBatch(builder)) taken[(value as number[])[0] ?? -1] = channel;
  }
  return taken;
}

function channelOfKey(
  maxParallelism: number,
  channels: number,
  key: string,
  engine: Engine,
): number {
  if (engine === "js") {
    const keyGroup = keyGroupOfHash(javaStringHash(key), maxParallelism);
    return operatorIndexForKeyGroup(maxParallelism, channels, keyGroup);
  }
  const memory = createMemory("keyBy");
  try {
    const batch = batchOf(memory, { kind: "TUPLE", fields: [INT, STRING] }, [[0, key]]);
    const planner = new HashPlanner(memory, {
      key: { kind: "fields", fields: [1] },
      maxParallelism,
      channelCount: channels,
      operatorName: "vectors",
    });
    return dealOut(memory, batch, rowPartitioner(memory, channels, planner), channels)[0] ?? -1;
  } finally {
    memory.dispose();
  }
}

/** Per consumer the first and last producer that feeds it, and their channels. */
function pointwise(producers: number, consumers: number): number[][][] {
  const wires = pointwiseWires(producers, consumers);
  return numbers(consumers).map((consumer) => {
    const own = wires.filter((wire) => wire.consumer === consumer);
    const first = own[0];
    const last = own.at(-1);
    if (first === undefined || last === undefined) return [];
    return [
      [first.producer, last.producer],
      [first.channel, last.channel],
    ];
  });
}
