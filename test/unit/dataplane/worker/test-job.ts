/**
 * Jobs of tiny segments: described by vertices and edges, deployed to slots, run by whoever asks.
 */
import { loadKernels } from "../../../../dataplane/memory/kernels-module.ts";
import type {
  BatchType,
  ChannelSpec,
  OperatorSpec,
  PartitionerSpec,
  SlotDeployment,
  TaskSpec,
} from "../../../../dataplane/protocol/deployment.ts";
import { METRIC_COUNT } from "../../../../dataplane/protocol/metrics-layout.ts";
import {
  DOORBELL_SIZE,
  RING_CAPACITY,
  RING_HEADER_SIZE,
  RING_MIN_CAPACITY,
} from "../../../../dataplane/protocol/ring-layout.ts";
import { wiresOf } from "../../../../dataplane/protocol/wiring.ts";
import type { ChainNode, Segment, SegmentContext } from "../../../../dataplane/worker/segment.ts";
import { INT_TYPE } from "./tiny-segments.ts";

export const kernels = await loadKernels();

export interface TestOperator {
  readonly id: string;
  /** null = head. */
  readonly input: string | null;
  readonly isSource?: true;
  segment(context: SegmentContext): Segment;
}

export interface TestVertex {
  readonly id: string;
  readonly parallelism: number;
  readonly operators: readonly TestOperator[];
}

export interface TestEdge {
  readonly source: string;
  readonly operatorId: string;
  readonly target: string;
  readonly partitioner: PartitionerSpec;
  readonly type?: BatchType | null;
}

export interface TestJob {
  readonly vertices: readonly TestVertex[];
  readonly edges: readonly TestEdge[];
}

export interface TestJobOptions {
  /** Subtask i runs in slot i modulo this. */
  readonly slots: number;
  readonly ringCapacity: number;
  readonly bufferTimeoutMs: number;
  readonly memoryBytes: number;
}

const DEFAULTS: TestJobOptions = {
  slots: 1,
  ringCapacity: RING_MIN_CAPACITY,
  bufferTimeoutMs: 100,
  memoryBytes: 1 << 28,
};

/** The smallest ring that works at all: two frames of some 80 INT rows, and the control reserve. */
export const TINY_RING = 2048;

/** As createRing(), for capacities below the minimum too. */
function createTestRing(capacity: number): SharedArrayBuffer {
  const ring = new SharedArrayBuffer(RING_HEADER_SIZE + capacity);
  new Uint32Array(ring)[RING_CAPACITY / 4] = capacity;
  return ring;
}

interface Channel {
  readonly edge: TestEdge;
  readonly producer: number;
  readonly consumer: number;
  readonly channel: number;
  readonly ring: SharedArrayBuffer;
}

export function deployTestJob(
  job: TestJob,
  options: Partial<TestJobOptions> = {},
): SlotDeployment[] {
  const { slots, ringCapacity, bufferTimeoutMs, memoryBytes } = { ...DEFAULTS, ...options };
  const parallelismOf = new Map(job.vertices.map(({ id, parallelism }) => [id, parallelism]));
  const channels = job.edges.flatMap((edge) => {
    const producers = parallelismOf.get(edge.source) ?? 0;
    const consumers = parallelismOf.get(edge.target) ?? 0;
    const wires = wiresOf(edge.partitioner.kind, producers, consumers);
    return wires.map((wire): Channel => ({ ...wire, edge, ring: createTestRing(ringCapacity) }));
  });
  const subtaskCount = job.vertices.reduce((sum, { parallelism }) => sum + parallelism, 0);
  const metrics = new SharedArrayBuffer(subtaskCount * METRIC_COUNT * 8);
  const doorbells = new SharedArrayBuffer(slots * DOORBELL_SIZE);
  let metricsOffset = 0;
  const tasks = Array.from({ length: slots }, (): TaskSpec[] => []);
  for (const vertex of job.vertices) {
    for (let index = 0; index < vertex.parallelism; index++) {
      tasks[index % slots]?.push(
        createTask(job, vertex, index, { channels, slots, metricsOffset }),
      );
      metricsOffset += METRIC_COUNT * 8;
    }
  }
  return tasks.map((own, slotIndex) => ({
    jobId: "job",
    slotIndex,
    tasks: own,
    options: { bufferTimeoutMs, maxRecordBytes: 1 << 20, memoryBytes },
    metrics,
    doorbells,
    doorbell: slotIndex * DOORBELL_SIZE,
    modules: {},
    kernels,
  }));
}

/** Runs the operators' factories: the createSegments of a slot. */
export function segmentsOf(job: TestJob, created: Segment[] = []) {
  const operators = job.vertices.flatMap((vertex) => vertex.operators);
  return (context: SegmentContext): readonly ChainNode[] =>
    context.operators.map(({ id, input }) => {
      const operator = operators.find((candidate) => candidate.id === id);
      if (operator === undefined) throw new TypeError(`no operator ${id}`);
      const segment = operator.segment(context);
      created.push(segment);
      const from = input === null ? null : { operatorId: input, output: 0 };
      return { segment, input: from, operatorIds: [id] };
    });
}

interface Wired {
  readonly channels: readonly Channel[];
  readonly slots: number;
  readonly metricsOffset: number;
}

function createTask(
  job: TestJob,
  vertex: TestVertex,
  subtaskIndex: number,
  wired: Wired,
): TaskSpec {
  const specOf = (channel: Channel, peer: number): ChannelSpec => ({
    ring: channel.ring,
    peerDoorbell: (peer % wired.slots) * DOORBELL_SIZE,
    local: peer % wired.slots === subtaskIndex % wired.slots,
  });
  const inputs = job.edges.filter(({ target }) => target === vertex.id);
  const outputs = job.edges.filter(({ source }) => source === vertex.id);
  return {
    vertexId: vertex.id,
    name: vertex.id,
    subtaskIndex,
    parallelism: vertex.parallelism,
    maxParallelism: 128,
    attempt: 0,
    operators: vertex.operators.map(operatorSpec),
    inputs: inputs.map((edge) => ({
      edgeId: edge.operatorId,
      type: edge.type === undefined ? INT_TYPE : edge.type,
      channels: wired.channels
        .filter((channel) => channel.edge === edge && channel.consumer === subtaskIndex)
        .map((channel) => specOf(channel, channel.producer)),
    })),
    outputs: outputs.map((edge) => ({
      edgeId: edge.operatorId,
      operatorId: edge.operatorId,
      output: 0,
      type: edge.type === undefined ? INT_TYPE : edge.type,
      partitioner: edge.partitioner,
      channels: wired.channels
        .filter((channel) => channel.edge === edge && channel.producer === subtaskIndex)
        .toSorted((a, b) => a.channel - b.channel)
        .map((channel) => specOf(channel, channel.consumer)),
    })),
    metricsOffset: wired.metricsOffset,
  };
}

function operatorSpec({ id, input, isSource }: TestOperator): OperatorSpec {
  const base = {
    id,
    name: id,
    input,
    inputType: INT_TYPE,
    outputType: INT_TYPE,
    engine: "js" as const,
  };
  return isSource === true ? { ...base, kind: "source" } : { ...base, kind: "map" };
}
