/** From an ExecutionGraph to what each slot is told to run: tasks, rings, doorbells, counters. */
import type {
  ChannelSpec,
  InputSpec,
  OutputSpec,
  SlotDeployment,
  TaskSpec,
} from "../../dataplane/protocol/deployment.ts";
import { DOORBELL_SIZE } from "../../dataplane/protocol/ring-layout.ts";
import { createRing, ringCapacityOf } from "../../dataplane/protocol/ring-sizing.ts";
import {
  createWatermarkCells,
  type WatermarkGroupSpec,
} from "../../dataplane/protocol/watermark-group.ts";
import type { JobSettings } from "../config/settings.ts";
import { SUBTASK_COUNTERS_SIZE } from "../metrics/subtask-counters.ts";
import type { ExecutionEdge, ExecutionGraph, ExecutionVertex } from "../plan/execution-graph.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import { type JobCheckpoint, restoreOf } from "./job-checkpoint.ts";

export interface JobDeployment {
  readonly slots: readonly SlotDeployment[];
  /** Counters of all subtasks, in the order of ExecutionGraph.subtasks. */
  readonly metrics: SharedArrayBuffer;
}

interface DeploymentRequest {
  readonly jobId: string;
  readonly graph: JobGraph;
  readonly executionGraph: ExecutionGraph;
  readonly settings: JobSettings;
  /** Compiled kernels, a WebAssembly.Module. */
  readonly kernels: object;
  /** Modules of compiled operators that are there already. */
  readonly modules: Readonly<Record<string, object>>;
  /** From 0; each restart is another. */
  readonly attempt?: number;
  /** The job takes checkpoints. */
  readonly isCheckpointed?: boolean;
  /** What it starts from; absent or null = nothing. */
  readonly checkpoint?: JobCheckpoint | null;
}

/**
 * Makes one ring per channel; `edgeMemory` is shared by the rings of an edge.
 * Errors: MR_CHECKPOINT_UNSUITABLE.
 */
export function deployJob(request: DeploymentRequest): JobDeployment {
  const { executionGraph, settings } = request;
  const metrics = new SharedArrayBuffer(
    Math.max(1, executionGraph.subtasks.length) * SUBTASK_COUNTERS_SIZE,
  );
  const doorbells = new SharedArrayBuffer(Math.max(1, executionGraph.slotCount) * DOORBELL_SIZE);
  const wiring = new Wiring(executionGraph, settings.edgeMemory);
  const taskOf = taskFactory(request, wiring);
  const slots = executionGraph.slots.map((vertices, slotIndex) => ({
    jobId: request.jobId,
    slotIndex,
    tasks: vertices.map(taskOf),
    options: {
      bufferTimeoutMs: settings.bufferTimeoutMs,
      maxRecordBytes: settings.maxRecordBytes,
      memoryBytes: settings.memoryPerSlot,
      isCheckpointed: request.isCheckpointed === true,
    },
    metrics,
    doorbells,
    doorbell: slotIndex * DOORBELL_SIZE,
    kernels: request.kernels,
    modules: request.modules,
  }));
  return { slots, metrics };
}

function taskFactory(
  { executionGraph, checkpoint = null, attempt = 0 }: DeploymentRequest,
  wiring: Wiring,
): (subtask: ExecutionVertex) => TaskSpec {
  const metricsOffsets = new Map(
    executionGraph.subtasks.map((subtask, index) => [subtask, index * SUBTASK_COUNTERS_SIZE]),
  );
  const watermarkGroups = watermarkGroupsOf(executionGraph.subtasks);
  return (subtask) => {
    const { vertex, subtaskIndex } = subtask;
    const watermarkGroup = watermarkGroups.get(subtask);
    return {
      vertexId: vertex.id,
      name: vertex.name,
      subtaskIndex,
      parallelism: vertex.parallelism,
      maxParallelism: vertex.maxParallelism,
      attempt,
      operators: vertex.operators,
      inputs: wiring.inputsOf(subtask),
      outputs: wiring.outputsOf(subtask),
      metricsOffset: metricsOffsets.get(subtask) ?? 0,
      ...(watermarkGroup === undefined ? {} : { watermarkGroup }),
      ...(checkpoint === null ? {} : { restore: restoreOf(checkpoint, vertex) }),
    };
  };
}

/** The subtasks of aligned sources, each with its place among those of its group. */
function watermarkGroupsOf(
  subtasks: readonly ExecutionVertex[],
): ReadonlyMap<ExecutionVertex, WatermarkGroupSpec> {
  const members = new Map<string, ExecutionVertex[]>();
  for (const subtask of subtasks) {
    const group = groupOf(subtask);
    if (group !== null) members.set(group, [...(members.get(group) ?? []), subtask]);
  }
  const specs = new Map<ExecutionVertex, WatermarkGroupSpec>();
  for (const aligned of members.values()) {
    const cells = createWatermarkCells(aligned.length);
    for (const [index, subtask] of aligned.entries()) specs.set(subtask, { cells, index });
  }
  return specs;
}

/** null = the subtask waits for nobody. */
function groupOf({ vertex }: ExecutionVertex): string | null {
  const head = vertex.operators[0];
  return head?.kind === "source" ? (head.watermarks?.alignment?.group ?? null) : null;
}

interface Channel {
  readonly producer: number;
  readonly consumer: number;
  /** Index among the channels of its producer. */
  readonly channel: number;
  readonly ring: SharedArrayBuffer;
}

/** The rings of all edges, seen from either end. */
class Wiring {
  readonly #executionGraph: ExecutionGraph;
  readonly #channels: ReadonlyMap<ExecutionEdge, readonly Channel[]>;
  readonly #slotOf: (vertexId: string, subtaskIndex: number) => number;

  constructor(executionGraph: ExecutionGraph, edgeMemory: number) {
    this.#executionGraph = executionGraph;
    this.#channels = new Map(
      executionGraph.edges.map((edge) => {
        const capacity = ringCapacityOf(edgeMemory, edge.wires.length);
        return [edge, edge.wires.map((wire) => ({ ...wire, ring: createRing(capacity) }))];
      }),
    );
    const slots = new Map(
      executionGraph.subtasks.map(({ vertex, subtaskIndex, slotIndex }) => [
        `${vertex.id}/${subtaskIndex}`,
        slotIndex,
      ]),
    );
    this.#slotOf = (vertexId, subtaskIndex) => slots.get(`${vertexId}/${subtaskIndex}`) ?? 0;
  }

  inputsOf({ vertex, subtaskIndex, slotIndex }: ExecutionVertex): readonly InputSpec[] {
    return this.#edges(({ edge }) => edge.target === vertex.id).map(([{ edge }, channels]) => ({
      edgeId: edge.id,
      ...(edge.which === undefined ? {} : { which: edge.which }),
      type: edge.type,
      channels: channels
        .filter((channel) => channel.consumer === subtaskIndex)
        .map((channel) => this.#spec(channel, slotIndex, edge.source, channel.producer)),
    }));
  }

  outputsOf({ vertex, subtaskIndex, slotIndex }: ExecutionVertex): readonly OutputSpec[] {
    return this.#edges(({ edge }) => edge.source === vertex.id).map(([{ edge }, channels]) => ({
      edgeId: edge.id,
      operatorId: edge.operatorId,
      output: edge.output,
      type: edge.type,
      partitioner: edge.partitioner,
      bufferTimeoutMs: edge.bufferTimeoutMs,
      channels: channels
        .filter((channel) => channel.producer === subtaskIndex)
        .sort((a, b) => a.channel - b.channel)
        .map((channel) => this.#spec(channel, slotIndex, edge.target, channel.consumer)),
    }));
  }

  #edges(wanted: (edge: ExecutionEdge) => boolean): [ExecutionEdge, readonly Channel[]][] {
    return this.#executionGraph.edges
      .filter(wanted)
      .map((edge) => [edge, this.#channels.get(edge) ?? []]);
  }

  #spec(channel: Channel, ownSlot: number, peerVertex: string, peerIndex: number): ChannelSpec {
    const peerSlot = this.#slotOf(peerVertex, peerIndex);
    return {
      ring: channel.ring,
      peerDoorbell: peerSlot * DOORBELL_SIZE,
      local: peerSlot === ownSlot,
    };
  }
}
