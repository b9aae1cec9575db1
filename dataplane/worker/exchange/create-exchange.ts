/** Puts the inputs and outputs of a task together from their descriptions. */
import { RowScatter } from "../../memory/row-scatter.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import type { OutputSpec, TaskSpec } from "../../protocol/deployment.ts";
import {
  METRIC_BATCHES_OUT,
  METRIC_BYTES_OUT,
  METRIC_OUTPUT_WATERMARK,
  METRIC_RECORDS_OUT,
} from "../../protocol/metrics-layout.ts";
import type { SubtaskMetrics } from "../metrics.ts";
import type { SegmentContext } from "../segment.ts";
import type { SubtaskEnvironment } from "../subtask-environment.ts";
import { BatchInbox } from "./batch-inbox.ts";
import { CustomPlanner } from "./custom-planner.ts";
import { InputChannel } from "./input-channel.ts";
import { InputGate } from "./input-gate.ts";
import { OutputChannel } from "./output-channel.ts";
import type { OutputMeter } from "./output-meter.ts";
import { typeText } from "./output-type.ts";
import {
  type Partitioner,
  RowPartitioner,
  type RowPlanner,
  WholeBatchPartitioner,
} from "./partitioner.ts";
import { ResultPartition } from "./result-partition.ts";
import { RingConsumer } from "./ring-consumer.ts";
import { RingProducer } from "./ring-producer.ts";
import { ChooserPlanner, HashPlanner, RoundRobinPlanner, shuffleChooser } from "./row-planners.ts";

export function createInputGate(
  task: TaskSpec,
  memory: TaskMemory,
  environment: SubtaskEnvironment,
): InputGate {
  const inbox = new BatchInbox(memory);
  const inputs: InputChannel[][] = [[]];
  for (const { type, channels, which = 0 } of task.inputs) {
    const declared = type === null ? null : typeText(type);
    const opened = channels.map((channel) => {
      const ring = new RingConsumer(channel.ring, environment.doorbellOf(channel));
      return new InputChannel(ring, inbox, declared);
    });
    inputs[which] = [...(inputs[which] ?? []), ...opened];
  }
  return new InputGate(inputs, task.name, () => environment.clock.monotonic());
}

export function createPartition(
  output: OutputSpec,
  context: SegmentContext,
  environment: SubtaskEnvironment,
): ResultPartition {
  const operatorName = nameOf(output.operatorId, context);
  const { memory, maxRecordBytes, clock } = context;
  const meter = new MetricsMeter(context.metrics);
  const channels = output.channels.map((channel) => {
    const ring = new RingProducer(channel.ring, environment.doorbellOf(channel));
    return new OutputChannel(ring, { memory, meter, operatorName, maxRecordBytes });
  });
  return new ResultPartition({
    channels,
    partitioner: createPartitioner(output, context, environment),
    declaredType: output.type,
    bufferTimeoutMs: output.bufferTimeoutMs ?? environment.options.bufferTimeoutMs,
    clock,
    meter,
  });
}

function createPartitioner(
  output: OutputSpec,
  context: SegmentContext,
  environment: SubtaskEnvironment,
): Partitioner {
  const channelCount = output.channels.length;
  const { kind } = output.partitioner;
  if (kind === "broadcast") return new WholeBatchPartitioner(channelCount);
  const planner = createPlanner(output, context, environment);
  if (planner === null) return new WholeBatchPartitioner(1);
  return new RowPartitioner(new RowScatter(context.memory, channelCount), planner);
}

/** null = all rows go to the first channel. */
function createPlanner(
  output: OutputSpec,
  context: SegmentContext,
  { prng }: SubtaskEnvironment,
): RowPlanner | null {
  const channelCount = output.channels.length;
  const { partitioner, operatorId } = output;
  const { memory } = context;
  if (partitioner.kind === "hash") {
    const { key, maxParallelism } = partitioner;
    const operatorName = nameOf(operatorId, context);
    return new HashPlanner(memory, { key, maxParallelism, channelCount, operatorName });
  }
  if (partitioner.kind === "custom") {
    const operatorName = nameOf(operatorId, context);
    return new CustomPlanner({ spec: partitioner, channelCount, operatorName }, context);
  }
  if (channelCount === 1) return null;
  switch (partitioner.kind) {
    case "rebalance":
      return new RoundRobinPlanner(channelCount, prng.nextInt(channelCount));
    case "rescale":
      return new RoundRobinPlanner(channelCount, 0);
    case "shuffle":
      return new ChooserPlanner(memory, shuffleChooser(channelCount, prng));
    default:
      return null;
  }
}

function nameOf(operatorId: string, { operators }: SegmentContext): string {
  return operators.find(({ id }) => id === operatorId)?.name ?? operatorId;
}

class MetricsMeter implements OutputMeter {
  readonly #metrics: SubtaskMetrics;

  constructor(metrics: SubtaskMetrics) {
    this.#metrics = metrics;
  }

  countRows(rows: number): void {
    this.#metrics.add(METRIC_RECORDS_OUT, rows);
  }

  countBatch(bytes: number): void {
    this.#metrics.add(METRIC_BYTES_OUT, bytes);
    this.#metrics.add(METRIC_BATCHES_OUT, 1);
  }

  noteWatermark(watermarkMs: bigint): void {
    this.#metrics.set(METRIC_OUTPUT_WATERMARK, Number(watermarkMs));
  }
}
