/**
 * State of one segment outside any linear memory: the rows of its snapshot as sealed batches, and how
 * subtasks of whatever parallelism take their own key groups out of them.
 */
import { operatorIndexForKeyGroup } from "../../formats/java-hash.ts";
import { BatchBuilder } from "../../memory/batch-builder.ts";
import { BatchView } from "../../memory/batch-view.ts";
import { RowScatter } from "../../memory/row-scatter.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../protocol/view-layout.ts";
import type { Segment, SegmentContext } from "../segment.ts";
import { isSameType } from "../state/merge-types.ts";
import { carryOver } from "./state-type-change.ts";

/** Whose key groups are taken. */
export type SubtaskPlace = Pick<SegmentContext, "subtaskIndex" | "parallelism" | "maxParallelism">;

/** Frozen rows of one step. */
export interface EncodedRows {
  /** A sealed batch; null = there was no row. */
  readonly batch: Uint8Array<ArrayBuffer> | null;
  readonly firstKeyGroup: number;
  readonly lastKeyGroup: number;
}

const FLAGS = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_OPS;
const BYTES_PER_CHANNEL = 2;

/** Encodes what a segment has frozen, a bounded number of rows at a time. */
export class SegmentEncoder {
  readonly type: BatchType;
  readonly #segment: Segment;
  readonly #builder: BatchBuilder;
  #isDone = false;

  /**
   * @param segment frozen, with a state of this type
   * @param rowCapacity rows of a step
   * Errors: MR_MEMORY_EXHAUSTED
   */
  constructor(segment: Segment, type: BatchType, memory: TaskMemory, rowCapacity: number) {
    this.type = type;
    this.#segment = segment;
    this.#builder = new BatchBuilder(memory, Schema.of(type), { flags: FLAGS, rowCapacity });
  }

  /** All rows are encoded: the segment is thawed. */
  get isDone(): boolean {
    return this.#isDone;
  }

  step(): EncodedRows {
    const builder = this.#builder;
    this.#isDone = this.#segment.encodeStep(builder) === STATUS_DONE;
    const groups = keyGroupsOf(builder);
    const batch = builder.rowCount === 0 ? null : new Uint8Array(builder.sealedLength());
    if (batch !== null) builder.sealInto(batch, 0, 0);
    builder.reset();
    return { batch, ...groups };
  }

  dispose(): void {
    this.#builder.dispose();
  }
}

function keyGroupsOf(builder: BatchBuilder): Omit<EncodedRows, "batch"> {
  const start = builder.keyGroupsPtr / BYTES_PER_CHANNEL;
  const groups = builder.memory.u16.subarray(start, start + builder.rowCount);
  let [firstKeyGroup, lastKeyGroup] = [0xffff, 0];
  for (const group of groups) {
    if (group < firstKeyGroup) firstKeyGroup = group;
    if (group > lastKeyGroup) lastKeyGroup = group;
  }
  return { firstKeyGroup, lastKeyGroup };
}

/** One per type: a memory keeps the descriptor of each. */
const schemas = new WeakMap<BatchType, Schema>();

function schemaOf(type: BatchType): Schema {
  const schema = schemas.get(type) ?? Schema.of(type);
  schemas.set(type, schema);
  return schema;
}

/**
 * Gives a segment, before its first row, the rows of its own key groups.
 *
 * @param stateType what they are carried over to, where it is another type: one that refusalOf() has nothing against
 */
export function restoreRows(
  segment: Segment,
  memory: TaskMemory,
  { type, batch }: { readonly type: BatchType; readonly batch: Uint8Array },
  place: SubtaskPlace,
  stateType = type,
): void {
  const schema = schemaOf(type);
  const channelBytes = BYTES_PER_CHANNEL * (place.maxParallelism + 1);
  const channels = memory.alloc(channelBytes);
  memory.u16.set(channelsOf(place), channels / BYTES_PER_CHANNEL);
  const ptr = memory.alloc(batch.length);
  memory.u8.set(batch, ptr);
  const view = BatchView.open(memory, schema, ptr);
  const scatter = new RowScatter(memory, place.parallelism);
  scatter.planByKeyGroup(view, view.keyGroupsPtr, channels);
  const own = new BatchBuilder(memory, schema, { flags: FLAGS });
  scatter.gather(view, place.subtaskIndex, own, 0);
  if (own.rowCount > 0 && isSameType(type, stateType)) segment.restore(own);
  else if (own.rowCount > 0) {
    const rows = carryOver(own, schemaOf(stateType), memory);
    segment.restore(rows);
    rows.dispose();
  }
  own.dispose();
  scatter.dispose();
  view.dispose();
  memory.free(ptr, batch.length);
  memory.free(channels, channelBytes);
}

/** The subtask of each key group. Rows of the one behind the last are for every subtask. */
function channelsOf({ subtaskIndex, parallelism, maxParallelism }: SubtaskPlace): number[] {
  return Array.from({ length: maxParallelism + 1 }, (_, group) =>
    group === maxParallelism
      ? subtaskIndex
      : operatorIndexForKeyGroup(maxParallelism, parallelism, group),
  );
}
