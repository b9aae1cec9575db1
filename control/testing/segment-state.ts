/**
 * State of one segment outside any linear memory: the rows of its snapshot as sealed batches, and how
 * subtasks of whatever parallelism take their own key groups out of them.
 */
import { operatorIndexForKeyGroup } from "../../dataplane/formats/java-hash.ts";
import { BatchBuilder } from "../../dataplane/memory/batch-builder.ts";
import { BatchView } from "../../dataplane/memory/batch-view.ts";
import { RowScatter } from "../../dataplane/memory/row-scatter.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { BatchType } from "../../dataplane/protocol/deployment.ts";
import { STATUS_DONE } from "../../dataplane/protocol/status.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../dataplane/protocol/view-layout.ts";
import type { Segment, SegmentContext } from "../../dataplane/worker/segment.ts";

export interface SegmentState {
  /** null = there was no state. */
  readonly type: BatchType | null;
  readonly batches: readonly Uint8Array[];
}

/** Whose key groups are taken. */
export type SubtaskPlace = Pick<SegmentContext, "subtaskIndex" | "parallelism" | "maxParallelism">;

const FLAGS = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS;
const BYTES_PER_CHANNEL = 2;

/** @param checkpointId larger than that of the snapshot before */
export function snapshotSegment(
  segment: Segment,
  memory: TaskMemory,
  checkpointId: bigint,
): SegmentState {
  segment.freeze(checkpointId);
  const type = segment.stateType;
  if (type === null) return { type, batches: [] };
  const target = new BatchBuilder(memory, Schema.of(type), { flags: FLAGS });
  const batches: Uint8Array[] = [];
  for (let status = -1; status !== STATUS_DONE; ) {
    status = segment.encodeStep(target);
    const batch = new Uint8Array(target.sealedLength());
    target.sealInto(batch, 0, 0);
    batches.push(batch);
    target.reset();
  }
  target.dispose();
  return { type, batches };
}

/** Gives a segment, before its first row, the rows of its own key groups. */
export function restoreSegment(
  segment: Segment,
  memory: TaskMemory,
  { type, batches }: SegmentState,
  place: SubtaskPlace,
): void {
  if (type === null) return;
  const schema = Schema.of(type);
  const channelBytes = BYTES_PER_CHANNEL * (place.maxParallelism + 1);
  const channels = memory.alloc(channelBytes);
  memory.u16.set(channelsOf(place), channels / BYTES_PER_CHANNEL);
  for (const batch of batches) {
    const ptr = memory.alloc(batch.length);
    memory.u8.set(batch, ptr);
    const view = BatchView.open(memory, schema, ptr);
    const scatter = new RowScatter(memory, place.parallelism);
    scatter.planByKeyGroup(view, view.keyGroupsPtr, channels);
    const own = new BatchBuilder(memory, schema, { flags: FLAGS });
    scatter.gather(view, place.subtaskIndex, own, 0);
    if (own.rowCount > 0) segment.restore(own);
    own.dispose();
    scatter.dispose();
    view.dispose();
    memory.free(ptr, batch.length);
  }
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
