/** The channel of each row by a user's partitioner and key. */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { PartitionerSpec } from "../../protocol/deployment.ts";
import { createKeySelector, type KeySelector } from "../operators/key-operator.ts";
import { UserFunction } from "../operators/user-function.ts";
import type { SegmentContext } from "../segment.ts";
import { checkedChannel } from "./row-planners.ts";

type CustomSpec = Extract<PartitionerSpec, { readonly kind: "custom" }>;

export interface CustomChooserOptions {
  readonly spec: CustomSpec;
  readonly channelCount: number;
  readonly operatorName: string;
}

export class CustomChooser {
  readonly #options: CustomChooserOptions;
  readonly #partitioner: UserFunction;
  readonly #selectKey: KeySelector;
  #schema: Schema | null = null;
  #reader: RowReader | null = null;

  /** Errors: MR_FUNCTION_INVALID. */
  constructor(options: CustomChooserOptions, { functionOf, subtaskIndex }: SegmentContext) {
    const { spec, operatorName } = options;
    const owner = { operatorName, subtaskIndex };
    const partitioner = functionOf(spec.functionId, "partitioner");
    this.#options = options;
    this.#partitioner = new UserFunction(owner, partitioner, "partition");
    const key = functionOf(spec.functionId, "key");
    this.#selectKey = createKeySelector(spec.selector, key, owner);
  }

  /** Before the first row of a batch. */
  open(batch: BatchView): void {
    if (this.#reader === null || this.#schema !== batch.schema) {
      this.#reader = createRowReader(batch.schema);
      this.#schema = batch.schema;
    }
    this.#reader.open(batch);
  }

  /** Errors: MR_PARTITION_OUT_OF_RANGE, MR_FUNCTION_THREW, MR_FUNCTION_ASYNC. */
  channelOf(row: number): number {
    const { channelCount, operatorName } = this.#options;
    const record = (this.#reader as RowReader).read(row);
    const key = this.#selectKey(record);
    let channel: unknown;
    try {
      channel = this.#partitioner.call(key, channelCount);
    } catch (error) {
      throw this.#partitioner.threw(error, record);
    }
    this.#partitioner.checkSync(channel);
    return checkedChannel(channel, channelCount, operatorName);
  }
}
