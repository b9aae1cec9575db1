/** The channel of each row by a user's partitioner and key. */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { PartitionerSpec } from "../../protocol/deployment.ts";
import { createKeySelector } from "../operators/key-operator.ts";
import { UserFunction } from "../operators/user-function.ts";
import type { SegmentContext } from "../segment.ts";
import { type ChannelChooser, checkedChannel } from "./row-planners.ts";

type CustomSpec = Extract<PartitionerSpec, { readonly kind: "custom" }>;

export interface CustomChooserOptions {
  readonly spec: CustomSpec;
  readonly channelCount: number;
  readonly operatorName: string;
}

/**
 * Errors: MR_FUNCTION_INVALID. Those of the chooser: MR_PARTITION_OUT_OF_RANGE, MR_FUNCTION_THREW,
 * MR_FUNCTION_ASYNC.
 */
export function customChooser(
  { spec, channelCount, operatorName }: CustomChooserOptions,
  { functionOf, subtaskIndex }: SegmentContext,
): ChannelChooser {
  const owner = { operatorName, subtaskIndex };
  const partitioner = functionOf(spec.functionId, "partitioner");
  const choose = new UserFunction(owner, partitioner, "partition");
  const selectKey = createKeySelector(spec.selector, functionOf(spec.functionId, "key"), owner);
  const records = new RecordReader();
  return (batch, row) => {
    const record = records.read(batch, row);
    const key = selectKey(record);
    let channel: unknown;
    try {
      channel = choose.call(key, channelCount);
    } catch (error) {
      throw choose.threw(error, record);
    }
    choose.checkSync(channel);
    return checkedChannel(channel, channelCount, operatorName);
  };
}

/** Opens a batch when its first row is asked for. */
class RecordReader {
  #schema: Schema | null = null;
  #reader: RowReader | null = null;

  read(batch: BatchView, row: number): unknown {
    if (this.#reader === null || this.#schema !== batch.schema) {
      this.#reader = createRowReader(batch.schema);
      this.#schema = batch.schema;
    }
    if (row === 0) this.#reader.open(batch);
    return this.#reader.read(row);
  }
}
