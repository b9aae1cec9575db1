/** Ids that bodies have and the engine does not: made from what they stand for, so they stay the same. */
import { createHash } from "node:crypto";

export function slotSharingGroupId(jobId: string, group: string): string {
  return hashOf(`${jobId}/slots/${group}`);
}

/** Of one attempt, as Flink writes it: graph, vertex, subtask, attempt. */
export function executionId(
  jobId: string,
  vertexId: string,
  subtaskIndex: number,
  attempt: number,
): string {
  return `${hashOf(`${jobId}/executions`)}_${vertexId}_${subtaskIndex}_${attempt}`;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
