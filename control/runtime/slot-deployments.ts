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
  resetWatermarkCell,
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

export interface DeploymentRequest {
  readonly jobId: string;
  readonly graph: JobGraph;
  readonly executionGraph: ExecutionGraph;
  readonly settings: JobSettings;
  /** Compiled kernels, a WebAssembly.Module. */
  readonly kernels: object;
  /** Modules of compiled operators that are there already. */
  readonly modules: Readonly<Record<string, object>>;
  /** The job takes checkpoints. */
  readonly isCheckpointed?: boolean;
}

/** Which subtasks are to run, as which attempt, from what. */
export interface SubtaskDeployment {
  /** Whole regions: with everything they are connected to. */
  readonly subtasks: readonly ExecutionVertex[];
  attemptOf(subtask: ExecutionVertex): number;
  /** null = nothing. */
  readonly checkpoint: JobCheckpoint | null;
}

/**
 * All of a job, for the first time. Errors: MR_CHECKPOINT_UNSUITABLE.
 *
 * @param checkpoint what it starts from; null = nothing
 */
export function deployJob(
  request: DeploymentRequest,
  checkpoint: JobCheckpoint | null = null,
): JobDeployment {
  const deployments = new JobDeployments(request);
  const { subtasks } = request.executionGraph;
  const slots = deployments.create({ subtasks, attemptOf: () => 0, checkpoint });
  return { slots, metrics: deployments.metrics };
}

/** Counters and doorbells are those of the job; rings are those of an attempt. */
export class JobDeployments {
  /** Counters of all subtasks, in the order of ExecutionGraph.subtasks. */
  readonly metrics: SharedArrayBuffer;
  readonly #request: DeploymentRequest;
  readonly #doorbells: SharedArrayBuffer;
  readonly #wiring: Wiring;
  readonly #watermarkGroups: ReadonlyMap<ExecutionVertex, WatermarkGroupSpec>;

  constructor(request: DeploymentRequest) {
    const { executionGraph, settings } = request;
    const { subtasks, slotCount } = executionGraph;
    this.#request = request;
    this.metrics = new SharedArrayBuffer(Math.max(1, subtasks.length) * SUBTASK_COUNTERS_SIZE);
    this.#doorbells = new SharedArrayBuffer(Math.max(1, slotCount) * DOORBELL_SIZE);
    this.#wiring = new Wiring(executionGraph, settings.edgeMemory);
    this.#watermarkGroups = watermarkGroupsOf(subtasks);
  }

  /**
   * What their slots are told to run. Each of their channels gets a new ring; `edgeMemory` is shared by
   * the rings of an edge. Errors: MR_CHECKPOINT_UNSUITABLE.
   */
  create(deployment: SubtaskDeployment): readonly SlotDeployment[] {
    const { jobId, executionGraph, settings, kernels, modules, isCheckpointed } = this.#request;
    const { subtasks } = deployment;
    this.#reset(subtasks);
    const slots = executionGraph.slots.map((_, slotIndex) => ({
      jobId,
      slotIndex,
      tasks: subtasks
        .filter((subtask) => subtask.slotIndex === slotIndex)
        .map((subtask) => this.#taskOf(subtask, deployment)),
      options: {
        bufferTimeoutMs: settings.bufferTimeoutMs,
        maxRecordBytes: settings.maxRecordBytes,
        memoryBytes: settings.memoryPerSlot,
        isCheckpointed: isCheckpointed === true,
      },
      metrics: this.metrics,
      doorbells: this.#doorbells,
      doorbell: slotIndex * DOORBELL_SIZE,
      kernels,
      modules,
    }));
    return slots.filter(({ tasks }) => tasks.length > 0);
  }

  /** Nothing is left of attempts before. */
  #reset(subtasks: readonly ExecutionVertex[]): void {
    this.#wiring.renew(subtasks);
    for (const subtask of subtasks) {
      const offset = this.#metricsOffsetOf(subtask);
      new Uint8Array(this.metrics, offset, SUBTASK_COUNTERS_SIZE).fill(0);
      const group = this.#watermarkGroups.get(subtask);
      if (group !== undefined) resetWatermarkCell(group);
    }
  }

  #taskOf(subtask: ExecutionVertex, { attemptOf, checkpoint }: SubtaskDeployment): TaskSpec {
    const { vertex, subtaskIndex } = subtask;
    const watermarkGroup = this.#watermarkGroups.get(subtask);
    return {
      vertexId: vertex.id,
      name: vertex.name,
      subtaskIndex,
      parallelism: vertex.parallelism,
      maxParallelism: vertex.maxParallelism,
      attempt: attemptOf(subtask),
      operators: vertex.operators,
      inputs: this.#wiring.inputsOf(subtask),
      outputs: this.#wiring.outputsOf(subtask),
      metricsOffset: this.#metricsOffsetOf(subtask),
      ...(watermarkGroup === undefined ? {} : { watermarkGroup }),
      ...(checkpoint === null ? {} : { restore: restoreOf(checkpoint, vertex) }),
    };
  }

  #metricsOffsetOf(subtask: ExecutionVertex): number {
    return this.#request.executionGraph.subtasks.indexOf(subtask) * SUBTASK_COUNTERS_SIZE;
  }
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
  ring: SharedArrayBuffer;
}

/** The rings of all edges, seen from either end. */
class Wiring {
  readonly #executionGraph: ExecutionGraph;
  readonly #edgeMemory: number;
  readonly #channels: ReadonlyMap<ExecutionEdge, readonly Channel[]>;
  readonly #slotOf: (vertexId: string, subtaskIndex: number) => number;

  constructor(executionGraph: ExecutionGraph, edgeMemory: number) {
    this.#executionGraph = executionGraph;
    this.#edgeMemory = edgeMemory;
    const noRing = new SharedArrayBuffer(0);
    this.#channels = new Map(
      executionGraph.edges.map((edge) => [
        edge,
        edge.wires.map((wire) => ({ ...wire, ring: noRing })),
      ]),
    );
    const slots = new Map(
      executionGraph.subtasks.map(({ vertex, subtaskIndex, slotIndex }) => [
        `${vertex.id}/${subtaskIndex}`,
        slotIndex,
      ]),
    );
    this.#slotOf = (vertexId, subtaskIndex) => slots.get(`${vertexId}/${subtaskIndex}`) ?? 0;
  }

  /** New rings for what these subtasks send. */
  renew(subtasks: readonly ExecutionVertex[]): void {
    for (const [{ edge, wires }, channels] of this.#channels) {
      const producers = new Set(
        subtasks
          .filter(({ vertex }) => vertex.id === edge.source)
          .map(({ subtaskIndex }) => subtaskIndex),
      );
      const capacity = ringCapacityOf(this.#edgeMemory, wires.length);
      for (const channel of channels) {
        if (producers.has(channel.producer)) channel.ring = createRing(capacity);
      }
    }
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
