/** State of a compiled fold: a table of values by key, and the kernels around the folding of rows. */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { KeySpec } from "../../protocol/deployment.ts";
import { FOLD_BASE, FOLD_SOURCES_PTR } from "../../protocol/fold-layout.ts";
import { layoutSlots } from "./slot-layout.ts";
import { Table } from "./table.ts";

export interface FoldOptions {
  readonly operator: string;
  /** Of its input, the hidden key included. */
  readonly schema: Schema;
  readonly key: KeySpec;
  readonly keyGroups: { readonly start: number; readonly end: number };
  readonly changedFields: readonly number[];
  readonly finalOnly: boolean;
  /** Whether entries keep the time of their last record; absent = where only final results are wanted. */
  readonly keepsTimestamp?: boolean;
  /** Rows that are folded, where they are of another type than entries. */
  readonly rows?: RowType;
  /** Whether entries are sessions. */
  readonly hasSession?: boolean;
}

/** A type of rows, and where their key is. */
export interface RowType {
  readonly schema: Schema;
  readonly key: KeySpec;
}

/** Of a layout that is only asked where the key lies. */
const KEYS_ONLY = { ownFields: [], keepsTimestamp: false, hasMark: false } as const;
const NO_LAYOUT = new Uint32Array(0);

/** Rows of a batch that are folded in one go. */
export interface FoldRun {
  readonly rows: BatchView;
  readonly first: number;
  /** Gets the values so far, and then a result for each row of the run behind them. */
  readonly values: BatchBuilder;
  /** Gets the results, unless only final ones are wanted. */
  readonly output: BatchBuilder;
}

export class FoldTable {
  readonly table: Table;
  readonly #memory: TaskMemory;
  readonly #operator: string;
  readonly #ptr: number;
  readonly #layoutPtr: number;
  readonly #layoutBytes: number;

  /**
   * @param finalOnly whether results come from emit() only
   * @param rows what is folded; null = rows as entries are
   * Errors: MR_MEMORY_EXHAUSTED.
   */
  constructor(memory: TaskMemory, table: Table, finalOnly: boolean, rows: RowType | null = null) {
    this.#memory = memory;
    this.#operator = table.options.operator;
    this.table = table;
    const layout = rows === null ? NO_LAYOUT : layoutSlots(rows.schema, rows.key, KEYS_ONLY);
    this.#layoutBytes = layout.byteLength;
    this.#layoutPtr = layout.length === 0 ? 0 : memory.alloc(layout.byteLength);
    memory.u32.set(layout, this.#layoutPtr >>> 2);
    const isFinal = finalOnly ? 1 : 0;
    this.#ptr = memory.kernels.foldCreate(table.ptr, this.#layoutPtr, isFinal) >>> 0;
    if (this.#ptr === 0) throw memory.exhausted(0);
  }

  /** With a table of its own. Errors: MR_MEMORY_EXHAUSTED. */
  static create(memory: TaskMemory, options: FoldOptions): FoldTable {
    const { changedFields, finalOnly, keepsTimestamp = finalOnly, rows = null, ...state } = options;
    const ownFields = changedFields;
    const table = new Table(memory, { ...state, ownFields, keepsTimestamp, hasMark: true });
    try {
      return new FoldTable(memory, table, finalOnly, rows);
    } catch (error) {
      table.dispose();
      throw error;
    }
  }

  /** Address of the layout that says where the key of rows lies; 0 = rows are as entries. */
  get rowLayoutPtr(): number {
    return this.#layoutPtr;
  }

  /** Rows of FoldRun.values in front of the results. */
  get base(): number {
    return this.#word(FOLD_BASE);
  }

  /** Address of a u32 per row of the run: row of FoldRun.values it is folded into, or TABLE_NONE. */
  get sourcesPtr(): number {
    return this.#word(FOLD_SOURCES_PTR);
  }

  /**
   * @param keyGroupsPtr u16 per row; those the rows came with unless given
   * @returns rows of the run; 0 = the output is full
   * Errors: MR_KEY_NULL, MR_KEY_NAN, MR_BATCH_CORRUPT, MR_MEMORY_EXHAUSTED.
   */
  begin({ rows, first, values, output }: FoldRun, keyGroupsPtr = rows.keyGroupsPtr): number {
    const { kernels } = this.#memory;
    return this.#run("foldBegin", () =>
      kernels.foldBegin(this.#ptr, rows.ptr, keyGroupsPtr, first, values.ptr, output.ptr),
    );
  }

  /** Begins a run of `count` rows whose entries are known to the table. Errors: MR_MEMORY_EXHAUSTED. */
  beginRun({ rows, first, values }: FoldRun, count: number): void {
    const { kernels } = this.#memory;
    this.#run("foldRun", () => kernels.foldRun(this.#ptr, rows.ptr, first, count, values.ptr));
  }

  /** Errors: MR_MEMORY_EXHAUSTED. */
  end({ rows, first, values, output }: FoldRun, count: number): void {
    const { kernels } = this.#memory;
    this.#run("foldEnd", () =>
      kernels.foldEnd(this.#ptr, rows.ptr, first, count, values.ptr, output.ptr),
    );
  }

  /** Appends a row per key, from where the table was rewound to. @returns STATUS_DONE or STATUS_OUTPUT_FULL */
  emit(target: BatchBuilder): number {
    return this.#run("foldFinish", () => this.#memory.kernels.foldFinish(this.#ptr, target.ptr));
  }

  dispose(): void {
    this.disposeKernel();
    this.table.dispose();
  }

  /** Gives back all but the table. */
  disposeKernel(): void {
    this.#memory.kernels.foldDispose(this.#ptr);
    if (this.#layoutPtr !== 0) this.#memory.free(this.#layoutPtr, this.#layoutBytes);
  }

  #word(offset: number): number {
    return this.#memory.u32[(this.#ptr + offset) >>> 2] as number;
  }

  #run(kernel: string, call: () => number): number {
    let status: number;
    try {
      status = call();
    } catch (error) {
      throw this.#memory.trap(error, kernel, this.#operator);
    }
    return this.#memory.check(status, kernel, this.#operator);
  }
}
