/** A window segment over random streams, and what an oracle says of them. */
import { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import type { BatchType, RollingFunction } from "../../../../../dataplane/protocol/deployment.ts";
import { STATUS_DONE } from "../../../../../dataplane/protocol/status.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../../dataplane/protocol/view-layout.ts";
import { AggregateFold } from "../../../../../dataplane/worker/operators/aggregate-fold.ts";
import { ReduceFold } from "../../../../../dataplane/worker/operators/reduce-js.ts";
import { UserFunction } from "../../../../../dataplane/worker/operators/user-function.ts";
import type { WindowFold } from "../../../../../dataplane/worker/operators/window-fold.ts";
import { WindowSegment } from "../../../../../dataplane/worker/operators/window-segment.ts";
import { Aggregate } from "../../../../../dataplane/worker/windows/aggregate.ts";
import type { OracleResult } from "../../../../oracle/windows.ts";
import {
  buildBatch,
  drive,
  type Harness,
  processBatch,
  readRows,
  type TimedRow,
} from "./harness.ts";
import { AGGREGATE, compiledAggregate } from "./window-aggregate-function.ts";

const SNAPSHOT_FLAGS = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_OPS;

/** Keyed by field 0; field 1 is aggregated. */
export type Row = readonly [key: string, value: number, note?: string];

export interface WindowShape {
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
  readonly allowedLateness: number;
  readonly function: WindowFunction;
  readonly sideOutput: boolean;
  readonly rowCapacity: number;
  readonly type: BatchType;
}

export type WindowFunction = RollingFunction | "reduce" | "aggregate" | "aggregate in JavaScript";

const { accumulatorType, moduleOf } = await compiledAggregate();

/** What JavaScript makes of records, in order. */
export function foldOf(name: WindowFunction): (accumulated: unknown, record: unknown) => unknown {
  return (known, next) => {
    const [key, value, ...note] = known as Row;
    const record = next as Row;
    if (name === "reduce" || name.startsWith("aggregate")) {
      return [key, (value * 31 + record[1]) | 0, record[2]];
    }
    if (name === "sum") return [key, value + record[1], ...note];
    if (name === "min") return [key, Math.min(value, record[1]), ...note];
    if (name === "max") return [key, Math.max(value, record[1]), ...note];
    const isBetter = name === "minBy" ? record[1] < value : record[1] > value;
    return isBetter ? record : known;
  };
}

function foldSpecOf(kind: WindowFunction, { context }: Harness): WindowFold {
  const owner = { operatorName: "window", subtaskIndex: 0 };
  if (kind === "aggregate" || kind === "aggregate in JavaScript") {
    const fold = new AggregateFold(new Aggregate(owner, AGGREGATE), context.runtimeContext);
    return { kind: "aggregate", moduleId: kind, accumulatorType, fold };
  }
  if (kind !== "reduce") return { kind, field: 1, first: true };
  const fold = new ReduceFold(
    new UserFunction(owner, foldOf(kind), "reduce"),
    context.runtimeContext,
  );
  return { kind, moduleId: "none", changedFields: [1], fold };
}

export class WindowJob {
  readonly late: unknown[] = [];
  dropped = 0;
  readonly #harness: Harness;
  readonly #shape: WindowShape;
  #segment: WindowSegment;

  private constructor(harness: Harness, options: WindowShape) {
    this.#harness = harness;
    this.#shape = options;
    this.#segment = this.#create();
  }

  static async open(harness: Harness, options: WindowShape): Promise<WindowJob> {
    const job = new WindowJob(harness, options);
    await job.#segment.open();
    return job;
  }

  async process(rows: readonly TimedRow[]): Promise<TimedRow[]> {
    const batch = buildBatch(this.#harness.memory, rows, this.#shape.type);
    const results = await processBatch(this.#segment, batch);
    this.#takeLate();
    batch.dispose();
    return results;
  }

  watermark(ms: bigint): Promise<TimedRow[]> {
    return drive(this.#segment, (cursor) => this.#segment.watermark(ms, cursor));
  }

  restore(): Promise<void> {
    return this.restoreWith([]);
  }

  /** Goes on from a snapshot of its own and those of others, which are closed. */
  async restoreWith(others: readonly WindowJob[]): Promise<void> {
    const pages: BatchBuilder[] = [];
    for (const job of [this, ...others]) pages.push(...(await job.#snapshot()));
    this.#segment = this.#create();
    await this.#segment.open();
    for (const page of pages) {
      this.#segment.restore(page);
      page.dispose();
    }
  }

  close(): Promise<void> {
    return this.#segment.close();
  }

  async #snapshot(): Promise<BatchBuilder[]> {
    const segment = this.#segment;
    segment.freeze();
    const pages: BatchBuilder[] = [];
    for (let status = -1; status !== STATUS_DONE; ) {
      const options = { rowCapacity: 2, flags: SNAPSHOT_FLAGS };
      const page = new BatchBuilder(this.#harness.memory, Schema.of(segment.stateType), options);
      status = segment.encodeStep(page);
      pages.push(page);
    }
    await segment.close();
    return pages;
  }

  #create(): WindowSegment {
    const { size, slide, offset, allowedLateness, function: name, type, ...rest } = this.#shape;
    return new WindowSegment({
      id: "window",
      name: "window",
      key: { kind: "fields", fields: [0] },
      fold: foldSpecOf(name, this.#harness),
      inputType: type,
      outputType: type,
      windows: { size: BigInt(size), slide: BigInt(slide), offset: BigInt(offset) },
      allowedLateness: BigInt(allowedLateness),
      lateOutput: rest.sideOutput ? 1 : null,
      context: { ...this.#harness.context, moduleOf },
      rowCapacity: rest.rowCapacity,
      countLate: (count) => {
        this.dropped += count;
      },
    });
  }

  #takeLate(): void {
    const builder = this.#segment.outputs[1]?.builder ?? null;
    if (builder !== null) this.late.push(...readRows(builder).map(({ value }) => value));
    builder?.reset();
  }
}

/** Results of one key and window in order, the others in any. */
export function grouped(results: readonly OracleResult[]): unknown[] {
  const groups = new Map<string, unknown[]>();
  for (const { key, time, record } of results) {
    const name = JSON.stringify([key, String(time)]);
    groups.set(name, [...(groups.get(name) ?? []), record]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function asResults(rows: readonly TimedRow[]): OracleResult[] {
  return rows.map(({ value, timestampMs }) => {
    return { key: (value as Row)[0], time: BigInt(timestampMs ?? 0), record: value };
  });
}
