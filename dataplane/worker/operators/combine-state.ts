/** What operators that fold rows in front of an exchange borrow. */
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { KeyGroups } from "../../memory/key-groups.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { OperatorSpec } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { BUILDER_WITH_KEY_GROUPS, BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { Cursor } from "../segment.ts";
import { RollingAggregate, roundedColumn } from "./rolling-aggregate.ts";

export type CombineSpec = Extract<OperatorSpec, { readonly kind: "combine" }>;

export interface CombineOptions {
  /** Rows of an output batch; tests choose fewer. */
  readonly rowCapacity?: number;
}

/** What the caches hold: some 50,000 entries of two numbers, beyond the second cache, within the third. */
export const CACHED_BYTES = 4_194_304;
/** Rows per entry below which folding does not pay for itself. */
export const MIN_REDUCTION = 2;
/** In place of key groups: all rows are of the table's only one. */
const ONLY_GROUP = 0;

export class CombineState {
  readonly builder: BatchBuilder;
  /** Of what comes in, and of what goes out. */
  readonly schema: Schema;
  /** Of evaluated keys, which the exchange cannot hash: others have one key group here. */
  readonly #keyGroups: KeyGroups | null;
  readonly #memory: TaskMemory;
  readonly #spec: CombineSpec;
  readonly #roundedColumn: number | null;

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED. */
  constructor(memory: TaskMemory, spec: CombineSpec, { rowCapacity }: CombineOptions) {
    const { name, key, maxParallelism, inputType } = spec;
    if (inputType === null)
      throw new TypeError("rows of a type found at run time are not combined");
    const isEvaluated = key.kind === "key-column";
    const flags = BUILDER_WITH_TIMESTAMPS | (isEvaluated ? BUILDER_WITH_KEY_GROUPS : 0);
    this.#memory = memory;
    this.#spec = spec;
    this.schema = Schema.of(inputType);
    this.#roundedColumn = roundedColumn(this.schema, { ...spec, finalOnly: true });
    this.builder = new BatchBuilder(
      memory,
      this.schema,
      rowCapacity === undefined ? { flags } : { flags, rowCapacity },
    );
    const options = { key, maxParallelism, operatorName: name };
    this.#keyGroups = isEvaluated ? new KeyGroups(memory, options) : null;
  }

  /**
   * An empty table, which the caller disposes of. Errors: MR_MEMORY_EXHAUSTED.
   *
   * @param keepsTimestamp rows go out with the time of the last one of their key
   */
  createAggregate(keepsTimestamp: boolean): RollingAggregate {
    const end = this.#keyGroups === null ? ONLY_GROUP : this.#spec.maxParallelism - 1;
    return new RollingAggregate(this.#memory, {
      spec: { ...this.#spec, finalOnly: true },
      schema: this.schema,
      keyGroups: { start: ONLY_GROUP, end },
      keepsTimestamp,
      feedsAnother: true,
    });
  }

  /** Whether rows may be folded in any grouping and give the same: no sum of them is rounded. */
  isExact(rows: BatchView): boolean {
    if (this.#roundedColumn === null) return true;
    return this.#memory.kernels.hasSmallIntegers(rows.ptr, this.#roundedColumn) !== 0;
  }

  /** Errors: MR_KEY_NULL, MR_KEY_NAN, MR_FIELD_NOT_NUMERIC for a null, MR_MEMORY_EXHAUSTED. */
  fold(aggregate: RollingAggregate, rows: BatchView): void {
    aggregate.process(rows, this.builder, 0, this.#keyGroups?.of(rows) ?? ONLY_GROUP);
  }

  /** Puts out rows of a batch as they are, as many as there is room for. */
  pass(input: BatchView, cursor: Cursor): number {
    const left = input.rowCount - cursor.row;
    const taken = this.builder.appendRows(input, cursor.row, left);
    cursor.row += taken;
    return taken === left ? STATUS_DONE : STATUS_OUTPUT_FULL;
  }

  dispose(): void {
    this.#keyGroups?.dispose();
    this.builder.dispose();
  }
}
