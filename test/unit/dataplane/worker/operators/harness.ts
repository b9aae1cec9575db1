/** Runs segments with batches of any size and outputs of any size, and remembers what they report. */
import { createRowReader } from "../../../../../dataplane/formats/row-reader.ts";
import { RowWriter } from "../../../../../dataplane/formats/row-writer.ts";
import { RuntimeType } from "../../../../../dataplane/formats/runtime-type.ts";
import { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../../../../dataplane/memory/batch-view.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../../dataplane/memory/task-memory.ts";
import type { BatchType, OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import { METRIC_COUNT } from "../../../../../dataplane/protocol/metrics-layout.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../../../../dataplane/protocol/status.ts";
import type { DataType, ScalarKind } from "../../../../../dataplane/protocol/types.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../../dataplane/protocol/view-layout.ts";
import { SubtaskMetrics } from "../../../../../dataplane/worker/metrics.ts";
import { SubtaskRuntimeContext } from "../../../../../dataplane/worker/runtime-context.ts";
import type {
  Cursor,
  Segment,
  SegmentContext,
  SegmentReport,
} from "../../../../../dataplane/worker/segment.ts";
import { createMemory } from "../../formats/arbitraries.ts";

export interface TimedRow {
  readonly value: unknown;
  readonly timestampMs: number | bigint | null;
  readonly key?: unknown;
  readonly keyGroup?: number;
}

export interface Harness {
  readonly context: SegmentContext;
  readonly reports: SegmentReport[];
  readonly metrics: SubtaskMetrics;
  readonly memory: TaskMemory;
  /** What reportRoom() answers. */
  room: Promise<void> | null;
}

export const STRING: DataType = { kind: "STRING" };
export const NUMBER: DataType = { kind: "NUMBER" };
export const INT: DataType = { kind: "INT" };

export function scalar(kind: ScalarKind): DataType {
  return { kind };
}

export function tuple(...fields: readonly DataType[]): DataType {
  return { kind: "TUPLE", fields };
}

export function batchType(record: DataType, key: DataType | null = null): BatchType {
  return { record, key };
}

export async function createHarness(
  functions: Readonly<Record<string, unknown>> = {},
  operators: readonly OperatorSpec[] = [],
  budgetBytes = 256 * 2 ** 20,
): Promise<Harness> {
  const memory = await createMemory(budgetBytes);
  const metrics = new SubtaskMetrics(new SharedArrayBuffer(METRIC_COUNT * 8), 0);
  const reports: SegmentReport[] = [];
  const harness: Harness = {
    reports,
    metrics,
    memory,
    room: null,
    context: {
      operators,
      subtaskIndex: 1,
      parallelism: 4,
      maxParallelism: 128,
      memory,
      clock: { now: () => 0, monotonic: () => 0 },
      metrics,
      maxRecordBytes: 1 << 20,
      moduleOf: () => null,
      functionOf: (operatorId, role) => functions[`${operatorId}/${role}`],
      runtimeContext: new SubtaskRuntimeContext({
        name: "test task",
        subtaskIndex: 1,
        parallelism: 4,
        maxParallelism: 128,
        attempt: 0,
      }),
      requestSplits: () => {},
      report: (report) => reports.push(report),
      reportRoom: () => harness.room,
      wake: () => {},
      after: () => () => {},
    },
  };
  return harness;
}

/** A batch of rows; without a type, of one found from the rows. */
export function buildBatch(
  memory: TaskMemory,
  rows: readonly TimedRow[],
  type: BatchType | null = null,
): BatchBuilder {
  const runtimeType = new RuntimeType("test");
  for (const { value } of rows) runtimeType.include(value);
  const found = runtimeType.published ?? { kind: "GENERIC" };
  const schema = Schema.of(type ?? batchType(found));
  const flags = BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_KEY_GROUPS;
  const builder = new BatchBuilder(memory, schema, { flags });
  const options = { operator: "test", maxRecordBytes: 1 << 20, missingFields: "null" } as const;
  const writer = new RowWriter(builder, options);
  for (const row of rows) writer.write(row.value, row.timestampMs, row.key, row.keyGroup ?? 0);
  writer.sync();
  return builder;
}

export function rowsOf(values: readonly unknown[]): readonly TimedRow[] {
  return values.map((value, index) => ({ value, timestampMs: index * 10 }));
}

export function readRows(view: BatchView): TimedRow[] {
  const reader = createRowReader(view.schema);
  reader.open(view);
  return Array.from({ length: view.rowCount }, (_, row) => {
    const timed = { value: reader.read(row), timestampMs: reader.readTimestamp(row) };
    if (view.schema.keyColumn < 0) return timed;
    return { ...timed, key: reader.readKey(row), keyGroup: reader.readKeyGroup(row) };
  });
}

/** Calls a segment until it is done; answers the rows of output 0. */
export async function drive(
  segment: Segment,
  call: (cursor: Cursor) => number,
): Promise<TimedRow[]> {
  const cursor: Cursor = { row: 0, step: 0 };
  const rows: TimedRow[] = [];
  for (let calls = 0; ; ++calls) {
    if (calls > 2_000_000) throw new Error("the segment makes no progress");
    const status = call(cursor);
    const builder = segment.outputs[0]?.builder ?? null;
    if (builder !== null) {
      rows.push(...readRows(builder));
      builder.reset();
    }
    if (status === STATUS_DONE) return rows;
    if (status === STATUS_NEED_HOST) await segment.hostWork();
  }
}

export function processBatch(segment: Segment, batch: BatchView): Promise<TimedRow[]> {
  return drive(segment, (cursor) => segment.process(batch, cursor));
}

export function endInput(segment: Segment): Promise<TimedRow[]> {
  return drive(segment, (cursor) => segment.endOfInput(cursor));
}

/** The frozen state of a segment, in batches of at most `rowCapacity` rows. */
export function encodeState(
  memory: TaskMemory,
  segment: Pick<Segment, "stateType" | "encodeStep">,
  rowCapacity: number,
): BatchBuilder[] {
  const { stateType } = segment;
  if (stateType === null) throw new TypeError("the segment has no state");
  const flags = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS;
  const pages: BatchBuilder[] = [];
  for (let status = -1; status !== STATUS_DONE; ) {
    const page = new BatchBuilder(memory, Schema.of(stateType), { rowCapacity, flags });
    status = segment.encodeStep(page);
    pages.push(page);
  }
  return pages;
}

export function valuesOf(rows: readonly TimedRow[]): unknown[] {
  return rows.map(({ value }) => value);
}
