/** A keyed operator in JavaScript at the head of a segment: rolling aggregate or reduce. */
import type { RowReader } from "../../formats/row-reader.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import type { Timestamp } from "./row-target.ts";

export interface KeyedHead {
  /** What rows of snapshots look like. */
  readonly stateType: BatchType;
  /** Keys it has a value of. */
  readonly entryCount: number;
  open(): void | Promise<void>;
  /** Before the first row of a batch. */
  useSchema(schema: Schema): void;
  /** The result for row `row`, whose record is given; undefined = none before the end of input. */
  apply(record: unknown, reader: RowReader, row: number): unknown;
  /** Results that come at the end of input only, by key group. */
  results(): Iterator<unknown>;
  /** Time of the result that was pulled last. */
  readonly resultTimestampMs: Timestamp;
  freeze(): void;
  encodeStep(target: BatchBuilder): number;
  restore(rows: BatchView): void;
  close(): void | Promise<void>;
}
