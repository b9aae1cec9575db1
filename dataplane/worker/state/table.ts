/**
 * Keyed state of a subtask: one table of the kernels, seen from the host. Entries hold a record's
 * fields by key; rows of a snapshot have the table's own schema, key groups, timestamps where entries
 * keep them and, in a snapshot of changes, ops.
 */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { KeySpec } from "../../protocol/deployment.ts";
import { EngineError } from "../../protocol/errors.ts";
import {
  GROUP_HOMES,
  TABLE_BYTE_COUNT,
  TABLE_DELTA,
  TABLE_DIRECTORY_PTR,
  TABLE_ENTRY_COUNT,
  TABLE_FROZEN_EPOCH,
  TABLE_FULL,
  TABLE_SCAN_GROUP,
  TABLE_SCAN_SLOT,
} from "../../protocol/table-layout.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../protocol/view-layout.ts";
import { layoutSlots, type SlotOptions } from "./slot-layout.ts";

/** full: all entries. delta: what changed or went since the last snapshot encoded to its end. */
export type SnapshotMode = "full" | "delta";

export interface TableOptions extends SlotOptions {
  /** Whose state it is, for error messages. */
  readonly operator: string;
  /** What the rows of the state look like, the hidden key included. */
  readonly schema: Schema;
  readonly key: KeySpec;
  /** Key groups it holds, `end` included. */
  readonly keyGroups: { readonly start: number; readonly end: number };
  /**
   * Its entries go into another table, in the order they lie in: by their hash. Were that the other's, too, they
   * would crowd the front of it while it grows.
   */
  readonly feedsAnother?: boolean;
}

const SEED = 0x5bd1e9955bd1e995n;
const FEEDING_SEED = 0x27d4eb2f165667c5n;

export interface TableShape {
  readonly entries: number;
  /** HOMES_* */
  readonly homes: number;
}

export class Table {
  readonly memory: TaskMemory;
  readonly options: TableOptions;
  /** Address of the table root: all there is to the state. */
  readonly ptr: number;
  readonly #layoutPtr: number;
  readonly #layoutBytes: number;

  /** Errors: MR_MEMORY_EXHAUSTED. */
  constructor(memory: TaskMemory, options: TableOptions) {
    const words = layoutSlots(options.schema, options.key, options);
    const { start, end } = options.keyGroups;
    this.memory = memory;
    this.options = options;
    this.#layoutBytes = words.byteLength;
    this.#layoutPtr = memory.alloc(words.byteLength);
    memory.u32.set(words, this.#layoutPtr >>> 2);
    const seed = options.feedsAnother === true ? FEEDING_SEED : SEED;
    this.ptr = memory.kernels.tableCreate(this.#layoutPtr, start, end - start + 1, seed) >>> 0;
    if (this.ptr === 0) {
      memory.free(this.#layoutPtr, this.#layoutBytes);
      throw memory.exhausted(0);
    }
  }

  get entryCount(): number {
    return this.#word(TABLE_ENTRY_COUNT);
  }

  /** Linear memory it holds. */
  get byteCount(): number {
    return this.#word(TABLE_BYTE_COUNT) + this.#word(TABLE_BYTE_COUNT + 4) * 2 ** 32;
  }

  /** Of a table of one key group: how many entries there are and how they are found. */
  get shape(): TableShape {
    const directory = this.#word(TABLE_DIRECTORY_PTR);
    const homes = this.memory.u32[(directory + GROUP_HOMES) >>> 2] as number;
    return { entries: this.entryCount, homes };
  }

  /** Makes room in an empty table of one key group for what another held. */
  reserve({ entries, homes }: TableShape): void {
    this.memory.kernels.tableReserve(this.ptr, entries, homes);
  }

  get isFrozen(): boolean {
    return this.#word(TABLE_FROZEN_EPOCH) !== 0;
  }

  /** BUILDER_WITH_* that a builder for snapshots of this table has. */
  get snapshotFlags(): number {
    const timestamps = this.options.keepsTimestamp ? BUILDER_WITH_TIMESTAMPS : 0;
    return BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_OPS | timestamps;
  }

  /**
   * Fixes the entries as of now.
   *
   * @returns the mode it will be encoded in: a delta that has nothing to follow is a full one
   * Errors: MR_KERNEL_FAILED if it is frozen already.
   */
  freeze(mode: SnapshotMode): SnapshotMode {
    const wanted = mode === "delta" ? TABLE_DELTA : TABLE_FULL;
    const actual = this.#check(this.memory.kernels.tableFreeze(this.ptr, wanted), "tableFreeze");
    return actual === TABLE_DELTA ? "delta" : "full";
  }

  /** Appends frozen entries; STATUS_OUTPUT_FULL = call again with a reset builder, STATUS_DONE = all. */
  encodeStep(target: BatchBuilder): number {
    const status = this.memory.kernels.tableEncodeStep(this.ptr, target.ptr);
    return this.#check(status, "tableEncodeStep");
  }

  /** Gives up a snapshot that is not encoded to its end. The next one is a full one. */
  thaw(): void {
    this.memory.kernels.tableThaw(this.ptr);
  }

  /** Takes rows of a snapshot. Errors: MR_BATCH_CORRUPT, MR_KEY_NULL, MR_KEY_NAN, MR_MEMORY_EXHAUSTED. */
  restore(rows: BatchView): void {
    if (rows.schema.columns.length !== this.options.schema.columns.length) {
      throw new EngineError("MR_BATCH_CORRUPT", { message: "state rows of another type" });
    }
    this.#check(this.memory.kernels.tableRestore(this.ptr, rows.ptr), "tableRestore");
  }

  /** Lets the next scan start at the first entry. */
  rewind(): void {
    this.memory.u32[(this.ptr + TABLE_SCAN_GROUP) >>> 2] = 0;
    this.memory.u32[(this.ptr + TABLE_SCAN_SLOT) >>> 2] = 0;
  }

  /** Removes all entries; the next snapshot is a full one. */
  clear(): void {
    this.memory.kernels.tableClear(this.ptr);
  }

  dispose(): void {
    this.memory.kernels.tableDispose(this.ptr);
    this.memory.free(this.#layoutPtr, this.#layoutBytes);
  }

  #word(offset: number): number {
    return this.memory.u32[(this.ptr + offset) >>> 2] as number;
  }

  #check(status: number, kernel: string): number {
    return this.memory.check(status, kernel, this.options.operator);
  }
}
