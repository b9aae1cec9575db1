/** State of one segment outside any linear memory, taken and given back in one go. */
import type { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { BatchType } from "../../dataplane/protocol/deployment.ts";
import {
  restoreRows,
  SegmentEncoder,
  type SubtaskPlace,
} from "../../dataplane/worker/checkpoint/segment-rows.ts";
import type { Segment } from "../../dataplane/worker/segment.ts";

export interface SegmentState {
  /** null = there was no state. */
  readonly type: BatchType | null;
  readonly batches: readonly Uint8Array[];
}

const STEP_ROWS = 8192;

/** @param checkpointId larger than that of the snapshot before */
export function snapshotSegment(
  segment: Segment,
  memory: TaskMemory,
  checkpointId: bigint,
): SegmentState {
  segment.freeze(checkpointId);
  const type = segment.stateType;
  if (type === null) return { type, batches: [] };
  const encoder = new SegmentEncoder(segment, type, memory, STEP_ROWS);
  const batches: Uint8Array[] = [];
  while (!encoder.isDone) {
    const { batch } = encoder.step();
    if (batch !== null) batches.push(batch);
  }
  encoder.dispose();
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
  for (const batch of batches) restoreRows(segment, memory, { type, batch }, place);
}
