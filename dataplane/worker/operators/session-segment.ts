/**
 * sum, min, max, minBy, maxBy, reduce and aggregate over session windows of event time with one gap, in WebAssembly
 * (assembly/sessions.ts): one table holds all sessions.
 *
 * Records of sessions that have fired but not gone (allowed lateness) give a result each; after a restore,
 * before the watermark is known again, the session fires once at the next one that reaches it.
 *
 * Snapshots have a row per session: the value and the session's end as record, its start as time, and as
 * op whether it has fired.
 */
import { keyGroupRange } from "../../formats/java-hash.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { KeyFields } from "../../memory/key-fields.ts";
import { Schema } from "../../memory/schema.ts";
import { BATCH_MAX_ROWS } from "../../protocol/batch-layout.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import {
  STATUS_DONE,
  STATUS_NULL_VALUE,
  STATUS_OUTPUT_FULL,
  STATUS_WINDOW_MERGE,
} from "../../protocol/status.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../protocol/view-layout.ts";
import {
  type Cursor,
  entriesOnly,
  type Segment,
  type SegmentOutput,
  type StateCounts,
} from "../segment.ts";
import { SessionTable, sessionStateType } from "../state/session-table.ts";
import { ANY_BYTES } from "./copy-rows.ts";
import { segmentOutput } from "./main-output.ts";
import type { RowResults } from "./row-results.ts";
import { createSessionAggregate, type SessionAggregate } from "./session-aggregate.ts";
import { entryTypeOf, resultsOf, rowTypesOf } from "./window-fold.ts";
import { isKeyHashable } from "./window-sharing.ts";
import type { WindowSegmentParts } from "./window-state.ts";

/** Step of a cursor. */
const STARTED = 1;
const BOUNDS_BYTES = 16;
const ONLY_GROUP = { start: 0, end: 0 } as const;
const FROZEN_FLAGS = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_OPS | BUILDER_WITH_TIMESTAMPS;

export interface SessionSegmentParts extends Omit<WindowSegmentParts, "windows"> {
  /** ms */
  readonly gap: bigint;
}

/** What an open segment holds. */
interface Opened {
  readonly sessions: SessionTable;
  readonly aggregate: SessionAggregate;
  /** null = values are results. */
  readonly results: RowResults | null;
  readonly output: BatchBuilder;
  /** null = nobody reads late records. */
  readonly late: BatchBuilder | null;
  /** The value of a session. */
  readonly entry: BatchBuilder;
  /** Of rows of snapshots; null: kernels cannot hash the key, the table has its key groups. */
  readonly keyFields: KeyFields | null;
  readonly bounds: number;
}

export class SessionSegment implements Segment {
  readonly engine = "wasm";
  readonly nextTimerMs = Number.POSITIVE_INFINITY;
  readonly outputs: readonly SegmentOutput[];
  readonly stateType: BatchType;
  readonly #parts: SessionSegmentParts;
  readonly #stateSchema: Schema;
  #state: Opened | null = null;
  /** Rows of a snapshot under way, and how many of the first ones are written. */
  #frozen: BatchBuilder[] = [];
  #frozenRow = 0;

  constructor(parts: SessionSegmentParts) {
    const { id, lateOutput } = parts;
    this.#parts = parts;
    this.stateType = sessionStateType(entryTypeOf(parts));
    this.#stateSchema = Schema.of(this.stateType);
    const main = segmentOutput(id, 0, () => this.#state?.output ?? null);
    const late = () => segmentOutput(id, lateOutput ?? 0, () => this.#state?.late ?? null);
    this.outputs = lateOutput === null ? [main] : [main, late()];
  }

  get counts(): StateCounts {
    return entriesOnly(this.#state?.sessions.count ?? 0);
  }

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED, and those of the user's open(). */
  async open(): Promise<void> {
    const { fold } = this.#parts;
    this.#state = this.#create();
    if ("fold" in fold) await fold.fold.open();
  }

  /** Errors: MR_RECORD_NO_TIMESTAMP, MR_KEY_NULL, MR_KEY_NAN, MR_FIELD_NOT_NUMERIC for a null, MR_WINDOW_MERGE, MR_MEMORY_EXHAUSTED. */
  process(input: BatchView, cursor: Cursor): number {
    const { sessions, late } = this.#opened;
    if (cursor.step !== STARTED) {
      cursor.step = STARTED;
      if (input.rowCount === 0) return STATUS_DONE;
      this.#checkTimes(input);
      sessions.rewind();
    }
    const status = this.#takeRows(input);
    const count = sessions.takeLate(input, late);
    if (late === null && count > 0) this.#parts.countLate(count);
    return status;
  }

  watermark(watermarkMs: bigint): number {
    return this.#put((rows) => this.#opened.sessions.fire(watermarkMs, rows));
  }

  timer(): number {
    return STATUS_DONE;
  }

  endOfInput(): number {
    return STATUS_DONE;
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  /** Copies all sessions. */
  freeze(): void {
    const { sessions } = this.#opened;
    sessions.table.rewind();
    for (let status = STATUS_OUTPUT_FULL; status === STATUS_OUTPUT_FULL; ) {
      const rows = new BatchBuilder(sessions.table.memory, this.#stateSchema, {
        flags: FROZEN_FLAGS,
      });
      this.#frozen.push(rows);
      status = sessions.encode(rows);
      this.#writeKeyGroups(rows);
    }
  }

  encodeStep(target: BatchBuilder): number {
    for (let rows = this.#frozen[0]; rows !== undefined; rows = this.#frozen[0]) {
      const left = rows.rowCount - this.#frozenRow;
      const taken = target.appendRows(rows, this.#frozenRow, left);
      this.#frozenRow += taken;
      if (taken < left) return STATUS_OUTPUT_FULL;
      rows.dispose();
      this.#frozen.shift();
      this.#frozenRow = 0;
    }
    return STATUS_DONE;
  }

  restore(rows: BatchView): void {
    this.#opened.sessions.restore(rows, this.#keyGroupsOf(rows));
  }

  async close(): Promise<void> {
    const { fold } = this.#parts;
    const state = this.#state;
    this.#state = null;
    for (const rows of this.#frozen.splice(0)) rows.dispose();
    if (state !== null) dispose(state);
    if ("fold" in fold) await fold.fold.close();
  }

  get #opened(): Opened {
    if (this.#state === null) throw new TypeError("the operator is not open");
    return this.#state;
  }

  #create(): Opened {
    const { context, inputType, outputType, gap, allowedLateness } = this.#parts;
    const { memory, maxParallelism, parallelism, subtaskIndex } = context;
    const { schema, key } = rowTypesOf(this.#parts).entries;
    const records = Schema.of({ record: inputType.record, key: null });
    const results = Schema.of({ record: outputType.record, key: null });
    const isHashed = isKeyHashable(schema, key);
    const range = keyGroupRange(maxParallelism, parallelism, subtaskIndex);
    const keyGroups = isHashed ? ONLY_GROUP : range;
    const aggregate = createSessionAggregate(memory, this.#parts, keyGroups);
    const { table, valueColumn, rowLayoutPtr } = aggregate;
    const { rowCapacity = BATCH_MAX_ROWS, lateOutput } = this.#parts;
    const whole = { ...ANY_BYTES, rowCapacity: BATCH_MAX_ROWS };
    return {
      sessions: new SessionTable(memory, table, {
        gap,
        allowedLateness,
        valueColumn,
        rowLayoutPtr,
      }),
      aggregate,
      results: resultsOf(this.#parts),
      output: new BatchBuilder(memory, results, { flags: BUILDER_WITH_TIMESTAMPS, rowCapacity }),
      late: lateOutput === null ? null : new BatchBuilder(memory, records, whole),
      entry: new BatchBuilder(memory, schema, { ...ANY_BYTES, rowCapacity: 1 }),
      keyFields: isHashed ? new KeyFields(memory, this.#stateSchema, key) : null,
      bounds: memory.alloc(BOUNDS_BYTES),
    };
  }

  /** @returns STATUS_DONE or STATUS_OUTPUT_FULL */
  #takeRows(rows: BatchView): number {
    const { sessions, aggregate, results, entry } = this.#opened;
    const { name, context } = this.#parts;
    const groups = this.#keyGroupsOf(rows);
    const emitFiring = (target: BatchBuilder): number => {
      return sessions.isFiring ? sessions.emit(target) : STATUS_DONE;
    };
    for (;;) {
      if (sessions.isFiring || results?.isPending) {
        if (this.#put(emitFiring) !== STATUS_DONE) return STATUS_OUTPUT_FULL;
      }
      if (sessions.isMerging) sessions.merge(entry, () => aggregate.merge(entry));
      const count = sessions.assign(rows, groups);
      if (count === STATUS_NULL_VALUE) throw aggregate.nullValue();
      if (count === STATUS_WINDOW_MERGE) throw sessions.mergeError();
      context.memory.check(count, "sessionsAssign", name);
      if (count > 0) {
        aggregate.fold(rows, sessions.row, count);
        sessions.take(count);
      } else if (!sessions.isMerging) {
        return STATUS_DONE;
      }
    }
  }

  /** @param write appends values. @returns STATUS_DONE or STATUS_OUTPUT_FULL */
  #put(write: (rows: BatchBuilder) => number): number {
    const { results, output } = this.#opened;
    return results === null ? write(output) : results.put(write, output);
  }

  /** Errors: MR_RECORD_NO_TIMESTAMP. */
  #checkTimes(rows: BatchView): void {
    const { memory } = this.#parts.context;
    const status = memory.kernels.timeBounds(rows.ptr, this.#opened.bounds);
    memory.check(status, "timeBounds", this.#parts.name);
  }

  #keyGroupsOf(rows: BatchView): number {
    return this.#opened.keyFields === null ? rows.keyGroupsPtr : 0;
  }

  /** Of rows whose table has but one group of its own. */
  #writeKeyGroups(rows: BatchBuilder): void {
    const { name, context } = this.#parts;
    const target = rows.keyGroupsPtr;
    this.#opened.keyFields?.keyGroupsOf(rows, context.maxParallelism, target, name);
  }
}

function dispose(state: Opened): void {
  const { sessions, aggregate, results, output, late, entry, keyFields, bounds } = state;
  const { memory } = aggregate.table;
  memory.free(bounds, BOUNDS_BYTES);
  keyFields?.dispose();
  entry.dispose();
  late?.dispose();
  output.dispose();
  sessions.dispose();
  aggregate.dispose();
  results?.dispose();
}
