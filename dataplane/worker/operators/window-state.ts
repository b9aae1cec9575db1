/** What a window operator in WebAssembly borrows, and what it does with rows by their times. */
import { keyGroupRange } from "../../formats/java-hash.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { isHashable, KeyFields } from "../../memory/key-fields.ts";
import { RowScatter } from "../../memory/row-scatter.ts";
import { RowWords } from "../../memory/row-words.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { BATCH_MAX_ROWS, OP_INSERT, OP_UPDATE_AFTER } from "../../protocol/batch-layout.ts";
import type { BatchType, KeySpec, RollingFunction } from "../../protocol/deployment.ts";
import { BUILDER_WITH_KEY_GROUPS, BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { SegmentContext } from "../segment.ts";
import type { ReduceFold } from "./reduce-js.ts";
import { RowFolder } from "./row-folder.ts";
import {
  ReduceWindowAggregate,
  RollingWindowAggregate,
  type WindowAggregate,
} from "./window-aggregate.ts";
import { WindowChanges } from "./window-changes.ts";
import { type TimeWindows, type WindowTable, WindowTables } from "./window-tables.ts";

/** What becomes of the records of a key in a window. */
export type WindowFold =
  | {
      readonly kind: RollingFunction;
      readonly field: string | number;
      /** minBy, maxBy: among equals the first record stays (true) or the last one wins. */
      readonly first: boolean;
    }
  | {
      readonly kind: "reduce";
      readonly moduleId: string;
      readonly changedFields: readonly number[];
      /** The function in JavaScript. */
      readonly fold: ReduceFold;
    };

export interface WindowSegmentParts {
  readonly id: string;
  readonly name: string;
  readonly key: KeySpec;
  readonly fold: WindowFold;
  readonly inputType: BatchType;
  readonly windows: TimeWindows;
  /** ms */
  readonly allowedLateness: bigint;
  /** Which output late records go to; null = they are dropped. */
  readonly lateOutput: number | null;
  readonly context: SegmentContext;
  /** Rows of an output batch; tests choose fewer. */
  readonly rowCapacity?: number;
  /** Late records were dropped. */
  countLate(records: number): void;
}

/** Panes of one pass over a batch; rows of later ones are the next pass's. */
export const PANES = 64;
const BOUNDS_BYTES = 16;
/** Builders for rows of one batch have room for them whatever their size. */
const WHOLE_BATCH = {
  byteCapacity: 2 ** 31 - 1,
  flags: BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_KEY_GROUPS,
} as const;

export class WindowState {
  readonly memory: TaskMemory;
  /** Rows of a window give the same in any order. */
  readonly isOrderFree: boolean;
  readonly tables: WindowTables;
  readonly changes: WindowChanges;
  readonly scatter: RowScatter;
  readonly output: BatchBuilder;
  /** null = nobody reads late records. */
  readonly late: BatchBuilder | null;
  /** Rows of one pane. */
  readonly gathered: BatchBuilder;
  /** Rows of this batch that want a result each. */
  readonly waiting: BatchBuilder;
  /** A row of its own. */
  readonly single: BatchBuilder;
  readonly #rests: readonly [BatchBuilder, BatchBuilder];
  readonly #words: RowWords;
  /** Null: kernels cannot hash the key; rows and tables have the key groups that it came with. */
  readonly #keyFields: KeyFields | null;
  readonly #bounds: number;
  readonly #folder: RowFolder | null;
  readonly #parts: WindowSegmentParts;

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
  constructor(parts: WindowSegmentParts) {
    const { name, key, context, inputType, windows, allowedLateness, rowCapacity } = parts;
    const { memory, maxParallelism } = context;
    const schema = Schema.of(inputType);
    const records = Schema.of({ record: inputType.record, key: null });
    const batch = { ...WHOLE_BATCH, rowCapacity: BATCH_MAX_ROWS };
    this.#parts = parts;
    this.memory = memory;
    this.isOrderFree = windows.size === windows.slide || isCommutative(parts);
    this.#folder = folderOf(parts);
    const createAggregate = () => this.#createAggregate(schema);
    this.tables = new WindowTables({ windows, allowedLateness, createAggregate });
    this.changes = new WindowChanges({
      memory,
      operatorName: name,
      key,
      inputType,
      maxParallelism,
    });
    this.scatter = new RowScatter(memory, PANES + 1);
    this.output = new BatchBuilder(memory, records, {
      flags: BUILDER_WITH_TIMESTAMPS,
      ...(rowCapacity === undefined ? {} : { rowCapacity }),
    });
    this.late = parts.lateOutput === null ? null : new BatchBuilder(memory, records, batch);
    this.gathered = new BatchBuilder(memory, schema, batch);
    this.waiting = new BatchBuilder(memory, schema, batch);
    this.single = new BatchBuilder(memory, schema, { ...WHOLE_BATCH, rowCapacity: 1 });
    this.#rests = [
      new BatchBuilder(memory, schema, batch),
      new BatchBuilder(memory, schema, batch),
    ];
    this.#words = new RowWords(memory);
    this.#keyFields = isKeyHashable(schema, key) ? new KeyFields(memory, schema, key) : null;
    this.#bounds = memory.alloc(BOUNDS_BYTES);
  }

  /** Errors: those of the user's open(). */
  async open(): Promise<void> {
    const { fold } = this.#parts;
    if (fold.kind === "reduce") await fold.fold.open();
  }

  async close(): Promise<void> {
    const { fold } = this.#parts;
    if (fold.kind === "reduce") await fold.fold.close();
  }

  /** First and last time of rows. Errors: MR_RECORD_NO_TIMESTAMP. */
  boundsOf(rows: BatchView): { readonly first: bigint; readonly last: bigint } {
    const { memory } = this;
    const status = memory.kernels.timeBounds(rows.ptr, this.#bounds);
    memory.check(status, "timeBounds", this.#parts.name);
    const at = this.#bounds >>> 3;
    return { first: memory.i64[at] as bigint, last: memory.i64[at + 1] as bigint };
  }

  /** Plans to deal rows out by pane, from `pane` on; channel PANES has the rows of all that follow. */
  planPanes(rows: BatchView, pane: bigint): void {
    const channels = this.#words.ptrFor(rows.rowCount);
    this.memory.kernels.paneChannels(rows.ptr, pane, this.tables.paneMs, PANES, channels);
    this.scatter.planByChannel(rows, channels);
  }

  /** The rows that the plan left for the next pass. */
  takeRest(rows: BatchView): BatchView {
    const [one, other] = this.#rests;
    const rest = rows === one ? other : one;
    rest.reset();
    this.scatter.gather(rows, PANES, rest, 0);
    return rest;
  }

  /** Starts of the panes that rows are in. */
  panesOf(rows: BatchView): ReadonlySet<bigint> {
    const panes = new Set<bigint>();
    const times = rows.timestampsPtr >>> 3;
    for (let row = 0; row < rows.rowCount; ++row) {
      panes.add(this.tables.paneOf(this.memory.i64[times + row] as bigint));
    }
    return panes;
  }

  /** The rows of a stretch of time, in order; valid until the next call. */
  gather(rows: BatchView, start: bigint, lengthMs: bigint): BatchView {
    const channels = this.#words.ptrFor(rows.rowCount);
    this.memory.kernels.paneChannels(rows.ptr, start, lengthMs, 1, channels);
    this.scatter.planByChannel(rows, channels);
    this.gathered.reset();
    this.scatter.gather(rows, 0, this.gathered, 0);
    return this.gathered;
  }

  /** Puts a row into `single`. */
  takeRow(rows: BatchView, row: number): void {
    this.single.reset();
    this.single.appendRows(rows, row, 1);
  }

  /** Gives rows from `from` on, the last ones, a time. */
  stamp(rows: BatchBuilder, from: number, time: bigint): void {
    if (rows.rowCount > from) this.memory.kernels.stampRows(rows.ptr, from, time);
  }

  /** Completes rows of a snapshot, from `from` on: key groups, the window, and whether it has fired. */
  describe(rows: BatchBuilder, from: number, window: WindowTable): void {
    const { memory } = this;
    const { name, context } = this.#parts;
    if (this.#keyFields !== null) {
      const groups = this.#words.ptrFor(rows.rowCount);
      this.#keyFields.keyGroupsOf(rows, context.maxParallelism, groups, name);
      memory.u8.copyWithin(
        rows.keyGroupsPtr + 2 * from,
        groups + 2 * from,
        groups + 2 * rows.rowCount,
      );
    }
    const op = window.hasFired ? OP_UPDATE_AFTER : OP_INSERT;
    memory.u8.fill(op, rows.opsPtr + from, rows.opsPtr + rows.rowCount);
    this.stamp(rows, from, window.start);
  }

  /** Of a row that describe() completed. */
  hasFired(rows: BatchView, row: number): boolean {
    return rows.opsPtr !== 0 && this.memory.u8[rows.opsPtr + row] === OP_UPDATE_AFTER;
  }

  dispose(): void {
    this.memory.free(this.#bounds, BOUNDS_BYTES);
    this.#keyFields?.dispose();
    this.#words.dispose();
    for (const builder of [...this.#rests, this.single, this.waiting, this.gathered]) {
      builder.dispose();
    }
    this.late?.dispose();
    this.output.dispose();
    this.scatter.dispose();
    this.changes.dispose();
    this.tables.dispose();
    this.#folder?.dispose();
  }

  #createAggregate(schema: Schema): WindowAggregate {
    const { name, key, fold, context } = this.#parts;
    const { maxParallelism, parallelism, subtaskIndex } = context;
    const range =
      this.#keyFields === null ? keyGroupRange(maxParallelism, parallelism, subtaskIndex) : null;
    if (fold.kind !== "reduce") {
      const { kind, field, first } = fold;
      const spec = { name, function: kind, field, first, key };
      return new RollingWindowAggregate(this.memory, spec, schema, { range });
    }
    const { changedFields } = fold;
    const folder = this.#folder as RowFolder;
    const options = { operatorName: name, key, changedFields, folder };
    return new ReduceWindowAggregate(this.memory, options, schema, { range });
  }
}

function isKeyHashable({ type, fields }: Schema, key: KeySpec): boolean {
  if (key.kind === "key-column") return type.key !== null && isHashable(type.key);
  if (key.kind !== "fields") return false;
  return key.fields.every((index) => {
    const field = fields[index];
    return field !== undefined && isHashable(field.type);
  });
}

function folderOf({ name, inputType, fold, context }: WindowSegmentParts): RowFolder | null {
  if (fold.kind !== "reduce") return null;
  const { moduleId } = fold;
  return new RowFolder({ operatorName: name, inputType, moduleId, fold: fold.fold, context });
}

/** Whether results hold nothing that depends on which record came first, or on how sums are rounded. */
function isCommutative({ key, fold, inputType }: WindowSegmentParts): boolean {
  const { record } = inputType;
  if (fold.kind === "minBy" || fold.kind === "maxBy" || fold.kind === "reduce") return false;
  if (record.kind !== "TUPLE" && record.kind !== "ROW") return false;
  const keys: readonly number[] = key.kind === "fields" ? key.fields : [];
  return record.fields.every((field, index) => {
    const name = "name" in field ? field.name : index;
    const { kind } = "name" in field ? field.type : field;
    if (name !== fold.field) return keys.includes(index);
    return fold.kind !== "sum" || (kind !== "NUMBER" && kind !== "DOUBLE");
  });
}
