/** A job's subtasks as the coordinator sees them: who feeds whom, and who fails with whom. */
import type { ExecutionGraph } from "../plan/execution-graph.ts";

/** `vertexId/subtaskIndex`. */
export type SubtaskId = string;

export interface TopologySubtask {
  readonly id: SubtaskId;
  readonly producers: readonly SubtaskId[];
  readonly consumers: readonly SubtaskId[];
  /** Number of its pipelined region: subtasks that are connected by channels. */
  readonly region: number;
}

export type Topology = ReadonlyMap<SubtaskId, TopologySubtask>;

export interface Channel {
  readonly producer: SubtaskId;
  readonly consumer: SubtaskId;
}

export function subtaskIdOf(vertexId: string, subtaskIndex: number): SubtaskId {
  return `${vertexId}/${subtaskIndex}`;
}

export function topologyOf(graph: ExecutionGraph): Topology {
  const ids = graph.subtasks.map(({ vertex, subtaskIndex }) =>
    subtaskIdOf(vertex.id, subtaskIndex),
  );
  const channels = graph.edges.flatMap(({ edge, wires }) =>
    wires.map(({ producer, consumer }) => ({
      producer: subtaskIdOf(edge.source, producer),
      consumer: subtaskIdOf(edge.target, consumer),
    })),
  );
  return createTopology(ids, channels);
}

export function createTopology(ids: readonly SubtaskId[], channels: readonly Channel[]): Topology {
  const producers = new Map(ids.map((id) => [id, new Set<SubtaskId>()]));
  const consumers = new Map(ids.map((id) => [id, new Set<SubtaskId>()]));
  for (const { producer, consumer } of channels) {
    producers.get(consumer)?.add(producer);
    consumers.get(producer)?.add(consumer);
  }
  const regions = new Map<SubtaskId, number>();
  let region = 0;
  for (const id of ids) {
    if (regions.has(id)) continue;
    const open = [id];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (regions.has(next)) continue;
      regions.set(next, region);
      open.push(...(producers.get(next) ?? []), ...(consumers.get(next) ?? []));
    }
    region += 1;
  }
  return new Map(
    ids.map((id) => [
      id,
      {
        id,
        producers: [...(producers.get(id) ?? [])],
        consumers: [...(consumers.get(id) ?? [])],
        region: regions.get(id) ?? 0,
      },
    ]),
  );
}
