/**
 * Session windows as the host sees them: a table whose entries are sessions, and the kernels that deal rows
 * out to them and fire them. What folds rows is the owner's.
 */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { EngineError } from "../../protocol/errors.ts";
import {
  SESSIONS_COUNT,
  SESSIONS_END,
  SESSIONS_FIRING,
  SESSIONS_LATE_COUNT,
  SESSIONS_LATE_PTR,
  SESSIONS_READY,
  SESSIONS_ROW,
  SESSIONS_START,
  SESSIONS_TARGET,
  SESSIONS_WATERMARK,
} from "../../protocol/session-layout.ts";
import { TABLE_NONE } from "../../protocol/table-layout.ts";
import { sessionArea } from "./slot-layout.ts";
import type { Table } from "./table.ts";

export interface SessionOptions {
  /** ms */
  readonly gap: bigint;
  readonly allowedLateness: bigint;
  /** Column that must not be null; null = none. */
  readonly valueColumn: number | null;
  /** Address of a layout that says where the key of rows lies; 0 = rows are as entries. */
  readonly rowLayoutPtr: number;
}

/** What rows of snapshots look like: records with the end of the session as one more field. */
export function sessionStateType({ record, key }: BatchType): BatchType {
  const end = { kind: "LONG" } as const;
  if (record.kind === "TUPLE")
    return { record: { ...record, fields: [...record.fields, end] }, key };
  const fields = record.kind === "ROW" ? record.fields.map(({ type }) => type) : [record];
  return { record: { kind: "TUPLE", fields: [...fields, end] }, key };
}

export class SessionTable {
  readonly table: Table;
  readonly #memory: TaskMemory;
  readonly #ptr: number;

  /**
   * @param table whose slots have an area for sessions
   * Errors: MR_MEMORY_EXHAUSTED.
   */
  constructor(memory: TaskMemory, table: Table, options: SessionOptions) {
    const { fields, columns, keyColumn } = table.options.schema;
    this.#memory = memory;
    this.table = table;
    this.#ptr =
      memory.kernels.sessionsCreate(
        table.ptr,
        sessionArea(fields.length),
        options.rowLayoutPtr,
        options.gap,
        options.allowedLateness,
        options.valueColumn ?? TABLE_NONE,
        keyColumn < 0 ? columns.length : keyColumn,
      ) >>> 0;
    if (this.#ptr === 0) throw memory.exhausted(0);
  }

  get count(): number {
    return this.#word(SESSIONS_COUNT);
  }

  /** First row of the batch that is not taken. */
  get row(): number {
    return this.#word(SESSIONS_ROW);
  }

  /** Whether a session has to be put out before anything else. */
  get isFiring(): boolean {
    return this.#word(SESSIONS_FIRING) !== 0;
  }

  /** Whether two sessions have to be merged before the next row is taken. */
  get isMerging(): boolean {
    return this.#word(SESSIONS_TARGET) !== 0;
  }

  /** After STATUS_WINDOW_MERGE. */
  mergeError(): EngineError {
    const [start, end] = [this.#long(SESSIONS_START), this.#long(SESSIONS_END)];
    return new EngineError("MR_WINDOW_MERGE", {
      operator: this.table.options.operator,
      window: `TimeWindow{start=${start}, end=${end}}`,
      time: "an event-time",
      clock: "watermark",
      now: String(this.#long(SESSIONS_WATERMARK)),
    });
  }

  /** Lets the next run begin at the first row of a batch. */
  rewind(): void {
    this.#setWord(SESSIONS_ROW, 0);
    this.#setWord(SESSIONS_READY, 0);
    this.#setWord(SESSIONS_LATE_COUNT, 0);
  }

  /**
   * Begins a run of rows: their sessions are known to the table.
   *
   * @param keyGroupsPtr u16 per row; 0 = all are of the table's only one
   * @returns its length; 0 = no row is left, or there is something to merge; below 0: the status of a row
   * that is refused
   */
  assign(rows: BatchView, keyGroupsPtr: number): number {
    return this.#memory.kernels.sessionsAssign(this.#ptr, rows.ptr, keyGroupsPtr);
  }

  /** Ends a run. */
  take(count: number): void {
    this.#memory.kernels.sessionsTake(this.#ptr, count);
  }

  /** Late rows since the last call, moved to `target`; null = nobody reads them. @returns their number */
  takeLate(rows: BatchView, target: BatchBuilder | null): number {
    const count = this.#word(SESSIONS_LATE_COUNT);
    this.#setWord(SESSIONS_LATE_COUNT, 0);
    if (count === 0 || target === null) return count;
    const { kernels } = this.#memory;
    const selection = this.#word(SESSIONS_LATE_PTR);
    const taken = kernels.gatherSelected(rows.ptr, selection, 0, count, target.ptr, 0);
    if (this.#check(taken, "gatherSelected") < count) throw new TypeError("late rows are lost");
    return count;
  }

  /**
   * Merges two sessions.
   *
   * @param builder of the table's schema, gets the value of one as a row
   * @param fold folds it into the other, whose session is known to the table
   */
  merge(builder: BatchBuilder, fold: () => void): void {
    const { kernels } = this.#memory;
    builder.reset();
    this.#check(kernels.sessionsBeginMerge(this.#ptr, builder.ptr), "sessionsBeginMerge");
    fold();
    kernels.sessionsEndMerge(this.#ptr);
  }

  /** Puts out the session that is firing. @returns STATUS_DONE or STATUS_OUTPUT_FULL */
  emit(target: BatchBuilder): number {
    const status = this.#memory.kernels.sessionsEmit(this.#ptr, target.ptr);
    return this.#check(status, "sessionsEmit");
  }

  /** Puts out what fires at a watermark. @returns STATUS_DONE or STATUS_OUTPUT_FULL */
  fire(watermarkMs: bigint, target: BatchBuilder): number {
    const status = this.#memory.kernels.sessionsFire(this.#ptr, watermarkMs, target.ptr);
    return this.#check(status, "sessionsFire");
  }

  /** Appends a row of sessionStateType() per session, from where the table was rewound to. */
  encode(target: BatchBuilder): number {
    const status = this.#memory.kernels.sessionsEncode(this.#ptr, target.ptr);
    return this.#check(status, "sessionsEncode");
  }

  /** Errors: MR_BATCH_CORRUPT, MR_KEY_NULL, MR_KEY_NAN, MR_MEMORY_EXHAUSTED. */
  restore(rows: BatchView, keyGroupsPtr: number): void {
    const status = this.#memory.kernels.sessionsRestore(this.#ptr, rows.ptr, keyGroupsPtr);
    this.#check(status, "sessionsRestore");
  }

  /** Gives back all but the table. */
  dispose(): void {
    this.#memory.kernels.sessionsDispose(this.#ptr);
  }

  #word(offset: number): number {
    return this.#memory.u32[(this.#ptr + offset) >>> 2] as number;
  }

  #long(offset: number): bigint {
    return this.#memory.i64[(this.#ptr + offset) >>> 3] as bigint;
  }

  #setWord(offset: number, value: number): void {
    this.#memory.u32[(this.#ptr + offset) >>> 2] = value;
  }

  #check(status: number, kernel: string): number {
    return this.#memory.check(status, kernel, this.table.options.operator);
  }
}
