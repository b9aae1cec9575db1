/** Puts a subtask together from its description. */
import { TaskMemory } from "../memory/task-memory.ts";
import type { TaskSpec } from "../protocol/deployment.ts";
import { METRIC_RECORDS_IN } from "../protocol/metrics-layout.ts";
import { Chain, type ChainListener } from "./chain.ts";
import { type StateOwners, TaskSnapshots } from "./checkpoint/task-snapshots.ts";
import { createInputGate, createPartition } from "./exchange/create-exchange.ts";
import type { ResultPartition } from "./exchange/result-partition.ts";
import { SubtaskMetrics } from "./metrics.ts";
import { type RestoreParts, RunningTask, type TaskParts } from "./running-task.ts";
import { SubtaskRuntimeContext } from "./runtime-context.ts";
import type { ChainNode, Segment, SegmentContext, SourceSegment } from "./segment.ts";
import type { SubtaskEnvironment } from "./subtask-environment.ts";
import { GateInput, SourceInput } from "./task-input.ts";
import { wireError } from "./wire-error.ts";

/** Errors: MR_MEMORY_EXHAUSTED. Nothing stays borrowed if it throws. */
export function createTask(task: TaskSpec, environment: SubtaskEnvironment): RunningTask {
  const owner = `${task.name} (${task.subtaskIndex + 1}/${task.parallelism})`;
  const { kernels, memoryManager } = environment;
  const memory = TaskMemory.create(kernels, memoryManager, owner);
  try {
    return new RunningTask(createParts(task, environment, memory));
  } catch (error) {
    memory.dispose();
    throw error;
  }
}

function createParts(
  task: TaskSpec,
  environment: SubtaskEnvironment,
  memory: TaskMemory,
): TaskParts {
  const metrics = new SubtaskMetrics(environment.metrics, task.metricsOffset);
  const runtimeContext = new SubtaskRuntimeContext(task);
  let passedCheckpoint = (): number => 0;
  const context = createContext(task, environment, {
    ...{ memory, metrics, runtimeContext },
    passedCheckpoint: () => passedCheckpoint(),
  });
  const nodes = environment.createSegments(context);
  const partitions = task.outputs.map((output) => createPartition(output, context, environment));
  const owners = ownersOf(nodes);
  const snapshots = createSnapshots(task, environment, memory, owners);
  passedCheckpoint = () => snapshots.passedId;
  const chain = createChain(task, nodes, partitions, {
    wake: () => environment.wake(),
    sourceRows: (rows) => metrics.add(METRIC_RECORDS_IN, rows),
    atBarrier: (segment, barrier) => snapshots.freeze(segment, barrier),
  });
  const source = task.operators[0]?.kind === "source" ? headOf(nodes) : null;
  const input =
    source === null
      ? new GateInput(createInputGate(task, memory, environment), metrics)
      : new SourceInput(source, () => environment.wake(), task.restore?.hasFinished);
  const segments = nodes.map(({ segment }) => segment);
  return {
    clock: environment.clock,
    memory,
    metrics,
    runtimeContext,
    segments,
    chain,
    input,
    partitions,
    source,
    snapshots,
    owners,
    restore: restorePartsOf(task, environment),
    wake: () => environment.wake(),
  };
}

/** Keyed rows are those of the first operator that a segment runs, other state is that of the last. */
function ownersOf(nodes: readonly ChainNode[]): ReadonlyMap<Segment, StateOwners> {
  const owners = new Map<Segment, StateOwners>();
  for (const { segment, operatorIds = [] } of nodes) {
    const [rowsOf, entriesOf] = [operatorIds[0], operatorIds.at(-1)];
    if (rowsOf !== undefined && entriesOf !== undefined) owners.set(segment, { rowsOf, entriesOf });
  }
  return owners;
}

function createSnapshots(
  task: TaskSpec,
  environment: SubtaskEnvironment,
  memory: TaskMemory,
  owners: ReadonlyMap<Segment, StateOwners>,
): TaskSnapshots {
  const { vertexId, subtaskIndex } = task;
  const address = { vertexId, subtaskIndex };
  return new TaskSnapshots({
    memory,
    owners,
    monotonic: () => environment.clock.monotonic(),
    create: (checkpointId) => environment.snapshots.create(address, checkpointId),
    acknowledge: (checkpointId, state, figures) =>
      environment.report({
        ...address,
        ...figures,
        kind: "acknowledge-checkpoint",
        checkpointId,
        state,
      }),
    decline: (checkpointId, cause) => {
      const error = wireError(cause, task);
      environment.report({ ...address, kind: "decline-checkpoint", checkpointId, error });
    },
    wake: () => environment.wake(),
  });
}

function restorePartsOf(task: TaskSpec, environment: SubtaskEnvironment): RestoreParts | null {
  const { restore, subtaskIndex, parallelism, maxParallelism } = task;
  if (restore === undefined) return null;
  const place = { subtaskIndex, parallelism, maxParallelism };
  return { from: restore, storage: environment.snapshots, place };
}

interface ContextParts extends Pick<SegmentContext, "memory" | "metrics" | "runtimeContext"> {
  /** The last one whose barrier has gone through the chain; 0 = none. */
  passedCheckpoint(): number;
}

function createContext(
  task: TaskSpec,
  environment: SubtaskEnvironment,
  { passedCheckpoint, ...parts }: ContextParts,
): SegmentContext {
  const { vertexId, subtaskIndex, parallelism, maxParallelism, operators } = task;
  const address = { vertexId, subtaskIndex };
  const { clock, options, functions } = environment;
  const { watermarkGroup } = task;
  return {
    operators,
    exits: task.outputs.map(({ operatorId, output }) => ({ operatorId, output })),
    ...(watermarkGroup === undefined ? {} : { watermarkGroup }),
    subtaskIndex,
    parallelism,
    maxParallelism,
    ...parts,
    clock,
    maxRecordBytes: options.maxRecordBytes,
    isCheckpointed: options.isCheckpointed === true,
    moduleOf: (moduleId) => environment.modules.get(moduleId) ?? null,
    functionOf: (operatorId, role) => functions.get(`${operatorId}/${role}`),
    requestSplits: () => environment.report({ ...address, kind: "request-splits" }),
    report: (report) => {
      if (report.kind === "printed") environment.report({ ...address, ...report });
      else environment.report({ ...address, ...report, behindCheckpoint: passedCheckpoint() });
    },
    reportRoom: () => environment.reportRoom(),
    wake: () => environment.wake(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
}

function createChain(
  task: TaskSpec,
  nodes: readonly ChainNode[],
  partitions: readonly ResultPartition[],
  listener: ChainListener,
): Chain {
  const exits = task.outputs.map(({ operatorId, output }, index) => ({
    operatorId,
    output,
    target: partitions[index] as ResultPartition,
  }));
  return new Chain(nodes, exits, listener);
}

function headOf(nodes: readonly ChainNode[]): SourceSegment {
  const head = nodes[0]?.segment;
  if (head === undefined || !("poll" in head)) throw new TypeError("the head reads no source");
  return head as SourceSegment;
}
