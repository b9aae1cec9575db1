/**
 * A result partition, its rings, and an input gate at the end of each: one producer, n consumers.
 */

import { ManualClock } from "../../../../../control/common/manual-clock.ts";
import type { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import { RowScatter } from "../../../../../dataplane/memory/row-scatter.ts";
import type { TaskMemory } from "../../../../../dataplane/memory/task-memory.ts";
import type { BatchType } from "../../../../../dataplane/protocol/deployment.ts";
import { RING_MIN_CAPACITY } from "../../../../../dataplane/protocol/ring-layout.ts";
import { createRing } from "../../../../../dataplane/protocol/ring-sizing.ts";
import { BatchInbox } from "../../../../../dataplane/worker/exchange/batch-inbox.ts";
import { InputChannel } from "../../../../../dataplane/worker/exchange/input-channel.ts";
import { InputGate } from "../../../../../dataplane/worker/exchange/input-gate.ts";
import { OutputChannel } from "../../../../../dataplane/worker/exchange/output-channel.ts";
import { typeText } from "../../../../../dataplane/worker/exchange/output-type.ts";
import {
  type Partitioner,
  RowPartitioner,
  type RowPlanner,
  WholeBatchPartitioner,
} from "../../../../../dataplane/worker/exchange/partitioner.ts";
import { ResultPartition } from "../../../../../dataplane/worker/exchange/result-partition.ts";
import { RingConsumer } from "../../../../../dataplane/worker/exchange/ring-consumer.ts";
import { RingProducer } from "../../../../../dataplane/worker/exchange/ring-producer.ts";
import type { ControlEvent, InputEvent } from "../../../../../dataplane/worker/stream-event.ts";
import { type Row, readRows } from "../../../../oracle/column-rows.ts";
import { createMemory } from "../../../../oracle/kernel-memory.ts";

export const INT_TYPE: BatchType = { record: { kind: "INT" }, key: null };

export interface ExchangeOptions {
  readonly channelCount: number;
  /** null = announced. */
  readonly declaredType?: BatchType | null;
  readonly capacity?: number;
  readonly bufferTimeoutMs?: number;
  readonly maxRecordBytes?: number;
  /** null = whole batches to the first channel; "broadcast" = to all. */
  planner(memory: TaskMemory): RowPlanner | "broadcast" | null;
}

/** What came out of a gate, rows as values. */
export type Received = { readonly rows: readonly Row[] } | ControlEvent;

export class Exchange {
  readonly clock = new ManualClock();
  readonly producerMemory = createMemory();
  readonly partition: ResultPartition;
  readonly gates: readonly InputGate[];
  readonly producers: readonly RingProducer[];
  readonly consumers: readonly RingConsumer[];
  readonly counted = { rows: 0, batches: 0, bytes: 0 };

  constructor(options: ExchangeOptions) {
    const { channelCount, declaredType = INT_TYPE, capacity = RING_MIN_CAPACITY } = options;
    const { memory } = this.producerMemory;
    const rings = Array.from({ length: channelCount }, () => createRing(capacity));
    this.producers = rings.map((ring) => new RingProducer(ring, null));
    this.consumers = rings.map((ring) => new RingConsumer(ring, null));
    const meter = {
      countRows: (rows: number) => {
        this.counted.rows += rows;
      },
      noteWatermark: () => undefined,
      countBatch: (bytes: number) => {
        this.counted.batches += 1;
        this.counted.bytes += bytes;
      },
    };
    const { maxRecordBytes = 1 << 20, bufferTimeoutMs = 100 } = options;
    this.partition = new ResultPartition({
      channels: this.producers.map(
        (ring) => new OutputChannel(ring, { memory, meter, operatorName: "up", maxRecordBytes }),
      ),
      partitioner: createPartitioner(memory, options),
      declaredType,
      bufferTimeoutMs,
      clock: this.clock,
      meter,
    });
    const typeOrNull = declaredType === null ? null : typeText(declaredType);
    this.gates = this.consumers.map(
      (ring) =>
        new InputGate(
          [[new InputChannel(ring, new BatchInbox(createMemory().memory), typeOrNull)]],
          "down",
          () => this.clock.monotonic(),
        ),
    );
  }

  /** Everything a gate gives now. */
  drain(index: number): Received[] {
    const received: Received[] = [];
    for (let next = this.take(index); next !== null; next = this.take(index)) received.push(next);
    return received;
  }

  take(index: number): Received | null {
    const event = this.gates[index]?.next() ?? null;
    return event === null ? null : received(event);
  }

  /** Rows of all batches a gate gives now; other events are skipped. */
  drainRows(index: number): Row[] {
    return this.drain(index).flatMap((event) => ("rows" in event ? event.rows : []));
  }

  /** Writes a batch, emptying all gates whenever it is blocked. @returns rows per channel */
  writeAll(batch: BatchBuilder, sinks: Row[][]): void {
    while (!this.partition.write(batch)) this.drainInto(sinks);
  }

  drainInto(sinks: Row[][]): void {
    for (const index of this.gates.keys()) sinks[index]?.push(...this.drainRows(index));
  }
}

export function received(event: InputEvent): Received {
  return event.kind === "data" ? { rows: readRows(event.view) } : event;
}

function createPartitioner(
  memory: TaskMemory,
  { channelCount, planner }: ExchangeOptions,
): Partitioner {
  const rowPlanner = planner(memory);
  if (rowPlanner === "broadcast") return new WholeBatchPartitioner(channelCount);
  if (rowPlanner === null) return new WholeBatchPartitioner(1);
  return new RowPartitioner(new RowScatter(memory, channelCount), rowPlanner);
}
