/**
 * ExecutionGraph: every vertex as its parallel subtasks, each in a slot, and the channels between them.
 *
 * Slot sharing as in Flink: a slot holds at most one subtask of each vertex of its group, so a group
 * needs as many slots as its most parallel vertex; groups do not share. Subtask i runs in the group's
 * ith slot, so forward exchanges stay inside a slot.
 */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { type Wire, wiresOf } from "../../dataplane/protocol/wiring.ts";
import type { JobEdge, JobGraph, JobVertex } from "./job-graph.ts";

export interface ExecutionVertex {
  readonly vertex: JobVertex;
  readonly subtaskIndex: number;
  readonly slotIndex: number;
}

export interface ExecutionEdge {
  readonly edge: JobEdge;
  /** By consumer subtask and then by producer subtask. */
  readonly wires: readonly Wire[];
}

export interface SlotSharingGroup {
  readonly name: string;
  readonly slotCount: number;
  readonly firstSlot: number;
}

export interface ExecutionGraph {
  readonly slotSharingGroups: readonly SlotSharingGroup[];
  readonly slotCount: number;
  /** Subtasks of each slot, in the order of their vertices. */
  readonly slots: readonly (readonly ExecutionVertex[])[];
  /** All subtasks, by vertex and then by index. */
  readonly subtasks: readonly ExecutionVertex[];
  readonly edges: readonly ExecutionEdge[];
}

/** `availableSlots`: null = as many as needed. Throws MR_SLOTS_NOT_ENOUGH. */
export function expandExecutionGraph(
  graph: JobGraph,
  availableSlots: number | null = null,
): ExecutionGraph {
  const slotSharingGroups = groupsOf(graph);
  const slotCount = slotSharingGroups.reduce((sum, group) => sum + group.slotCount, 0);
  if (availableSlots !== null && slotCount > availableSlots) {
    throw new EngineError("MR_SLOTS_NOT_ENOUGH", { needed: slotCount, available: availableSlots });
  }
  const firstSlots = new Map(slotSharingGroups.map((group) => [group.name, group.firstSlot]));
  const subtasks = graph.vertices.flatMap((vertex) =>
    Array.from({ length: vertex.parallelism }, (_, subtaskIndex) => {
      const firstSlot = firstSlots.get(vertex.slotSharingGroup) ?? 0;
      return { vertex, subtaskIndex, slotIndex: firstSlot + subtaskIndex };
    }),
  );
  const slots: ExecutionVertex[][] = Array.from({ length: slotCount }, () => []);
  for (const subtask of subtasks) slots[subtask.slotIndex]?.push(subtask);
  return { slotSharingGroups, slotCount, slots, subtasks, edges: edgesOf(graph) };
}

function groupsOf(graph: JobGraph): readonly SlotSharingGroup[] {
  const counts = new Map<string, number>();
  for (const { slotSharingGroup, parallelism } of graph.vertices) {
    counts.set(slotSharingGroup, Math.max(counts.get(slotSharingGroup) ?? 0, parallelism));
  }
  let firstSlot = 0;
  return [...counts].map(([name, slotCount]) => {
    const group = { name, slotCount, firstSlot };
    firstSlot += slotCount;
    return group;
  });
}

function edgesOf(graph: JobGraph): readonly ExecutionEdge[] {
  const parallelism = new Map(graph.vertices.map((vertex) => [vertex.id, vertex.parallelism]));
  return graph.edges.map((edge) => {
    const producers = parallelism.get(edge.source) ?? 1;
    const consumers = parallelism.get(edge.target) ?? 1;
    return { edge, wires: wiresOf(edge.partitioner.kind, producers, consumers) };
  });
}
