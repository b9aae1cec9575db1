/**
 * sum, min, max, minBy and maxBy over keyed rows, in WebAssembly.
 *
 * The type of the rows may be found at run time, by several producers at once. State and output have
 * the type that holds all types seen so far: when a batch brings more, what was put out is shipped
 * first and the state is laid out anew; a batch that has less is converted before it is processed.
 */
import { keyGroupRange } from "../../formats/java-hash.ts";
import { BatchBuilder, type BuilderOptions } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { BATCH_MAX_ROWS } from "../../protocol/batch-layout.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { BUILDER_WITH_KEY_GROUPS, BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import {
  type Cursor,
  entriesOnly,
  type Segment,
  type SegmentContext,
  type SegmentOutput,
  type StateCounts,
} from "../segment.ts";
import { isSameType, mergeBatchTypes } from "../state/merge-types.ts";
import { RowConverter } from "../state/row-converter.ts";
import type { SnapshotMode, Table } from "../state/table.ts";
import { KeyGroupBuckets } from "./key-group-buckets.ts";
import { mainOutput } from "./main-output.ts";
import { isFieldGeneric, RollingAggregate, type RollingSpec } from "./rolling-aggregate.ts";
import { GenericRolling } from "./rolling-generic.ts";

/** Cursor step of process(): the batch lies converted in #converter. */
const CONVERTED = 1;
/** Bytes of a table from which on rows are held back by key group: more than a core's caches hold. */
const BUCKETS_FROM_BYTES = 4_194_304;
/** Cursor step of endOfInput(). */
const EMITTING = 1;

/** How rows of a type are taken: as they are, converted to the type of the state, or in JavaScript. */
type Route = "direct" | "converted" | "generic";

export class RollingSegment implements Segment {
  readonly engine = "wasm";
  readonly nextTimerMs = Number.POSITIVE_INFINITY;
  readonly outputs: readonly SegmentOutput[];
  readonly #spec: RollingSpec;
  readonly #context: SegmentContext;
  readonly #memory: TaskMemory;
  readonly #keyGroups: { readonly start: number; readonly end: number };
  readonly #builderOptions: BuilderOptions;
  #builder: BatchBuilder | null = null;
  #aggregate: RollingAggregate | null = null;
  /** Takes the place of #aggregate for good. */
  #generic: GenericRolling | null = null;
  #converter: RowConverter | null = null;
  #buckets: KeyGroupBuckets | null = null;
  readonly #fold = (rows: BatchView): void => {
    this.#aggregate?.process(rows, this.#builder as BatchBuilder, 0);
  };
  /** The schema of the last batch, and how rows of it are taken. */
  #schema: Schema | null = null;
  #route: Route = "direct";
  /** The table whose snapshot is being encoded; not that of #aggregate if the type has changed since. */
  #frozen: Table | null = null;

  /** @param builder of the output, beside its timestamps; tests make it small */
  constructor(spec: RollingSpec, context: SegmentContext, builder: BuilderOptions = {}) {
    const { memory, maxParallelism, parallelism, subtaskIndex } = context;
    this.#spec = spec;
    this.#context = context;
    this.#memory = memory;
    this.#keyGroups = keyGroupRange(maxParallelism, parallelism, subtaskIndex);
    this.#builderOptions = { flags: BUILDER_WITH_TIMESTAMPS, ...builder };
    this.outputs = mainOutput(spec.id, () => this.#generic?.builder ?? this.#builder);
  }

  /** What rows of snapshots look like; null = there is no state yet. */
  get stateType(): BatchType | null {
    return this.#generic?.stateType ?? this.#aggregate?.table.options.schema.type ?? null;
  }

  get counts(): StateCounts {
    return this.#generic?.counts ?? entriesOnly(this.#aggregate?.table.entryCount ?? 0);
  }

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
  open(): void {
    if (this.#spec.inputType !== null) this.#prepareFor(Schema.of(this.#spec.inputType));
  }

  /** Errors: those of open(), MR_KEY_NULL, MR_KEY_NAN, MR_BATCH_CORRUPT. */
  process(input: BatchView, cursor: Cursor): number {
    if (!this.#prepareFor(input.schema)) return STATUS_OUTPUT_FULL;
    if (this.#generic !== null) return this.#generic.process(input, cursor);
    const aggregate = this.#aggregate as RollingAggregate;
    const buckets = this.#bucketsFor(aggregate);
    if (buckets !== null) {
      buckets.take(input, this.#fold);
      return STATUS_DONE;
    }
    const rows = this.#route === "direct" ? input : this.#convert(input, cursor);
    const status = aggregate.process(rows, this.#builder as BatchBuilder, cursor.row);
    cursor.row = aggregate.nextRow;
    return status;
  }

  watermark(): number {
    return STATUS_DONE;
  }

  timer(): number {
    return STATUS_DONE;
  }

  endOfInput(cursor: Cursor): number {
    if (this.#generic !== null) return this.#generic.endOfInput(cursor);
    const aggregate = this.#aggregate;
    if (!this.#spec.finalOnly || aggregate === null) return STATUS_DONE;
    if (this.#buckets?.drainOne(this.#fold) === true) return STATUS_OUTPUT_FULL;
    if (cursor.step !== EMITTING) aggregate.table.rewind();
    cursor.step = EMITTING;
    return aggregate.emit(this.#builder as BatchBuilder);
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  freeze(checkpointId: bigint): void {
    this.#generic?.freeze(checkpointId);
    this.#freezeTable("full");
  }

  freezeChanges(checkpointId: bigint): boolean {
    this.#generic?.freeze(checkpointId);
    return this.#freezeTable("delta") === "delta";
  }

  #freezeTable(mode: SnapshotMode): SnapshotMode {
    if (this.#aggregate === null) return "full";
    this.#frozen = this.#aggregate.table;
    return this.#aggregate.table.freeze(mode);
  }

  encodeStep(target: BatchBuilder): number {
    const table = this.#frozen;
    if (table === null) return this.#generic?.encodeStep(target) ?? STATUS_DONE;
    const status = table.encodeStep(target);
    if (status === STATUS_DONE) this.#dropFrozen();
    return status;
  }

  restore(rows: BatchView): void {
    if (!this.#prepareFor(rows.schema)) throw new TypeError("restore() comes before process()");
    if (this.#generic !== null) {
      this.#generic.restore(rows);
      return;
    }
    const { table } = this.#aggregate as RollingAggregate;
    if (this.#route === "direct") {
      table.restore(rows);
      return;
    }
    const converter = this.#createConverter(rows.schema, table.options.schema, rows.rowCount);
    try {
      table.restore(converter.convert(rows));
    } finally {
      converter.dispose();
    }
  }

  async close(): Promise<void> {
    this.#dropFrozen();
    this.#aggregate?.dispose();
    this.#converter?.dispose();
    this.#builder?.dispose();
    this.#buckets?.dispose();
    this.#buckets = null;
    this.#aggregate = null;
    this.#converter = null;
    this.#builder = null;
    await this.#generic?.close();
  }

  /**
   * Rows are held back where only final results are wanted and the table has outgrown the caches. A
   * type that may still change would have to take them along, so it is left out.
   */
  #bucketsFor({ table }: RollingAggregate): KeyGroupBuckets | null {
    const { finalOnly, inputType } = this.#spec;
    if (this.#buckets !== null || !finalOnly || inputType === null) return this.#buckets;
    if (table.byteCount < BUCKETS_FROM_BYTES) return null;
    const { schema } = table.options;
    this.#buckets = new KeyGroupBuckets(this.#memory, { schema, keyGroups: this.#keyGroups });
    return this.#buckets;
  }

  /** Makes state and output take rows of this schema; false = the output must be shipped first. */
  #prepareFor(schema: Schema): boolean {
    if (schema === this.#schema) return true;
    const known = this.#aggregate?.table.options.schema ?? schema;
    const type = mergeBatchTypes(known.type, schema.type);
    if (this.#generic === null && (this.#aggregate === null || !isSameType(type, known.type))) {
      if ((this.#builder?.rowCount ?? 0) > 0) return false;
      this.#layOut(isSameType(type, schema.type) ? schema : Schema.of(type));
    }
    this.#schema = schema;
    if (this.#generic !== null) this.#route = "generic";
    else this.#route = isSameType(type, schema.type) ? "direct" : "converted";
    return true;
  }

  /** Gives state and output a type that holds more; entries move there. */
  #layOut(schema: Schema): void {
    const old = this.#aggregate;
    if (isFieldGeneric(schema, this.#spec)) {
      this.#generic = new GenericRolling(this.#spec, this.#context, this.#builderOptions);
      this.#aggregate = null;
    } else {
      this.#aggregate = new RollingAggregate(this.#memory, {
        spec: this.#spec,
        schema,
        keyGroups: this.#keyGroups,
      });
    }
    if (old !== null) this.#moveEntries(old);
    this.#builder?.dispose();
    this.#builder = null;
    if (this.#generic === null) {
      const output = Schema.of({ record: schema.type.record, key: null });
      this.#builder = new BatchBuilder(this.#memory, output, this.#builderOptions);
    }
  }

  #moveEntries(old: RollingAggregate): void {
    const from = old.table.options.schema;
    const to = this.#aggregate?.table ?? null;
    const flags = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS;
    const page = new BatchBuilder(this.#memory, from, { flags });
    const converter =
      to === null ? null : this.#createConverter(from, to.options.schema, BATCH_MAX_ROWS);
    try {
      old.table.rewind();
      for (let status = STATUS_OUTPUT_FULL; status !== STATUS_DONE; ) {
        page.reset();
        status = old.emit(page);
        if (converter === null) this.#generic?.seed(page);
        else to?.restore(converter.convert(page));
      }
    } finally {
      page.dispose();
      converter?.dispose();
      if (old.table === this.#frozen) old.disposeKernel();
      else old.dispose();
    }
  }

  #convert(input: BatchView, cursor: Cursor): BatchView {
    const to = (this.#aggregate as RollingAggregate).table.options.schema;
    let converter = this.#converter;
    if (cursor.step === CONVERTED && converter !== null) return converter.output;
    if (converter === null || converter.output.schema !== to || !converter.fits(input)) {
      converter?.dispose();
      this.#converter = null;
      converter = this.#createConverter(input.schema, to, Math.max(input.rowCount, BATCH_MAX_ROWS));
      this.#converter = converter;
    }
    cursor.step = CONVERTED;
    return converter.convert(input);
  }

  #createConverter(from: Schema, to: Schema, rowCount: number): RowConverter {
    const rowCapacity = Math.max(1, rowCount);
    return new RowConverter(this.#memory, { from, to, rowCapacity, operator: this.#spec.name });
  }

  #dropFrozen(): void {
    if (this.#frozen !== null && this.#frozen !== this.#aggregate?.table) this.#frozen.dispose();
    this.#frozen = null;
  }
}
