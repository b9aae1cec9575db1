/** A table driven through the raw kernels, and the Map it has to agree with. */
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import type { Kernels } from "../../../../dataplane/memory/kernels.ts";
import type { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { OP_DELETE, OP_INSERT } from "../../../../dataplane/protocol/batch-layout.ts";
import type { KeySpec } from "../../../../dataplane/protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../../../dataplane/protocol/status.ts";
import {
  TABLE_BYTE_COUNT,
  TABLE_DELTA,
  TABLE_ENTRY_COUNT,
  TABLE_FULL,
} from "../../../../dataplane/protocol/table-layout.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../dataplane/protocol/view-layout.ts";
import { layoutSlots } from "../../../../dataplane/worker/state/slot-layout.ts";
import { type Row, readRows, type Value, writeRow } from "../../../oracle/column-rows.ts";
import { kernelsModule } from "../../../oracle/kernel-memory.ts";

export interface StateRow extends Row {
  readonly keyGroup: number;
  readonly isDelete: boolean;
}

export interface HarnessOptions {
  readonly schema: Schema;
  readonly key: KeySpec;
  readonly groupCount: number;
  readonly firstGroup?: number;
  readonly keepsTimestamp?: boolean;
}

const ALL_FLAGS = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_OPS | BUILDER_WITH_TIMESTAMPS;
const SEED = 0x1234_5678_9abc_def1n;

export class TableHarness {
  readonly memory: TaskMemory;
  readonly schema: Schema;
  readonly ptr: number;
  kernels: Kernels;
  readonly #layoutPtr: number;
  readonly #layoutBytes: number;

  constructor(memory: TaskMemory, options: HarnessOptions) {
    const { schema, key, groupCount, firstGroup = 0, keepsTimestamp = true } = options;
    this.memory = memory;
    this.kernels = memory.kernels;
    this.schema = schema;
    const layout = layoutSlots(schema, key, { ownFields: [], keepsTimestamp, hasMark: false });
    this.#layoutBytes = layout.byteLength;
    this.#layoutPtr = memory.alloc(layout.byteLength);
    memory.u32.set(layout, this.#layoutPtr >>> 2);
    this.ptr = this.kernels.tableCreate(this.#layoutPtr, firstGroup, groupCount, SEED) >>> 0;
  }

  get entryCount(): number {
    return this.memory.u32[(this.ptr + TABLE_ENTRY_COUNT) >>> 2] as number;
  }

  get byteCount(): number {
    return this.memory.u32[(this.ptr + TABLE_BYTE_COUNT) >>> 2] as number;
  }

  createBuilder(rowCapacity: number, byteCapacity = 1 << 20): BatchBuilder {
    return new BatchBuilder(this.memory, this.schema, {
      rowCapacity,
      byteCapacity,
      flags: ALL_FLAGS,
    });
  }

  /** Restores rows; answers the status. */
  apply(rows: readonly StateRow[]): number {
    const builder = this.createBuilder(rows.length + 1);
    rows.forEach((row, index) => {
      writeRow(builder, row);
      this.memory.u16[(builder.keyGroupsPtr >>> 1) + index] = row.keyGroup;
      this.memory.u8[builder.opsPtr + index] = row.isDelete ? OP_DELETE : OP_INSERT;
    });
    const status = this.kernels.tableRestore(this.ptr, builder.ptr);
    builder.dispose();
    return status;
  }

  freeze(mode: "full" | "delta"): "full" | "delta" {
    const actual = this.kernels.tableFreeze(this.ptr, mode === "full" ? TABLE_FULL : TABLE_DELTA);
    if (actual < 0) throw new Error(`tableFreeze answered ${actual}`);
    return actual === TABLE_DELTA ? "delta" : "full";
  }

  /** One step into a builder of its own. */
  encodeStep(rowCapacity: number): {
    readonly rows: readonly StateRow[];
    readonly isDone: boolean;
  } {
    const builder = this.createBuilder(rowCapacity);
    const status = this.kernels.tableEncodeStep(this.ptr, builder.ptr);
    const rows = readStateRows(builder);
    builder.dispose();
    if (status !== STATUS_DONE && status !== STATUS_OUTPUT_FULL) {
      throw new Error(`tableEncodeStep answered ${status}`);
    }
    return { rows, isDone: status === STATUS_DONE };
  }

  /** All that is left of a snapshot. */
  drain(rowCapacity: number): StateRow[] {
    const rows: StateRow[] = [];
    for (;;) {
      const step = this.encodeStep(rowCapacity);
      rows.push(...step.rows);
      if (step.isDone) return rows;
    }
  }

  /** Another instance of the kernels over the same memory, which must not grow from now on. */
  swapKernels(): void {
    const { memory } = this.memory;
    const env = { memory, requestPages: () => 0, abort: failAssertion };
    const instance = new WebAssembly.Instance(kernelsModule, { env });
    this.kernels = instance.exports as unknown as Kernels;
  }

  dispose(): void {
    this.kernels.tableDispose(this.ptr);
    this.memory.free(this.#layoutPtr, this.#layoutBytes);
  }
}

function failAssertion(): never {
  throw new Error("an assertion of a kernel failed");
}

/** Lets the memory have `bytes` that it need not grow for. */
export function preallocate(memory: TaskMemory, bytes: number): void {
  memory.free(memory.alloc(bytes), bytes);
}

export function readStateRows(builder: BatchBuilder): StateRow[] {
  const { memory, keyGroupsPtr, opsPtr } = builder;
  return readRows(builder).map((row, index) => ({
    ...row,
    keyGroup: memory.u16[(keyGroupsPtr >>> 1) + index] as number,
    isDelete: memory.u8[opsPtr + index] === OP_DELETE,
  }));
}

/** Text that tells all values apart, bit by bit but for NaNs. */
export function valueText(value: Value): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return `bytes(${value.join()})`;
  if (Array.isArray(value)) return `[${value.map(valueText).join()}]`;
  return JSON.stringify(value);
}

/** Text of the key of a row: doubles compare by value, so -0 is 0. */
export function keyText(row: Row, columns: readonly number[]): string {
  return columns.map((column) => keyPartText(row.values[column] ?? null)).join("|");
}

function keyPartText(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(keyPartText).join()}]`;
  return valueText(Object.is(value, -0) ? 0 : value);
}

/** What a table has to hold: the last row of each key. */
export class TableModel {
  readonly entries: Map<string, StateRow>;
  readonly #keyColumns: readonly number[];

  constructor(keyColumns: readonly number[], entries: ReadonlyMap<string, StateRow> = new Map()) {
    this.#keyColumns = keyColumns;
    this.entries = new Map(entries);
  }

  copy(): TableModel {
    return new TableModel(this.#keyColumns, this.entries);
  }

  apply(rows: readonly StateRow[]): void {
    for (const row of rows) {
      const key = keyText(row, this.#keyColumns);
      if (row.isDelete) this.entries.delete(key);
      else this.entries.set(key, row);
    }
  }

  /** Sorted lines, one per entry. */
  describe(): string[] {
    return [...this.entries]
      .map(
        ([key, row]) =>
          `${key} = ${row.values.map(valueText).join()} @${row.timestamp} #${row.keyGroup}`,
      )
      .sort();
  }
}
