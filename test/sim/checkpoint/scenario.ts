/** What a seed draws before its run begins. */
import {
  type Channel,
  createTopology,
  type SubtaskId,
  type Topology,
} from "../../../control/checkpoint/topology.ts";
import type {
  CheckpointingSpec,
  RestartStrategySpec,
} from "../../../control/plan/checkpoint-schema.ts";
import type { Scheduler } from "./scheduler.ts";

export interface Scenario {
  readonly sources: readonly SubtaskId[];
  readonly channels: readonly Channel[];
  readonly topology: Topology;
  readonly recordCount: number;
  readonly capacity: number;
  readonly checkpointing: CheckpointingSpec;
  readonly restartStrategy: RestartStrategySpec;
  /** Faults there will be, at most. */
  readonly faults: number;
  /** Of a step, that it is a fault while there are some left. */
  readonly faultRate: number;
  readonly savepointRate: number;
  /** The job is canceled at some time. */
  readonly isCanceled: boolean;
}

export function drawScenario(scheduler: Scheduler): Scenario {
  const isPointwise = scheduler.isLikely(0.3);
  const width = scheduler.between(1, 3);
  const widthOf = (): number => (isPointwise ? width : scheduler.between(1, 3));
  const stages = scheduler.isLikely(0.2)
    ? [subtasks("source", widthOf()), subtasks("sink", widthOf())]
    : [subtasks("source", widthOf()), subtasks("map", widthOf()), subtasks("sink", widthOf())];
  const channels = stages
    .slice(1)
    .flatMap((consumers, stage) =>
      consumers.flatMap((consumer, index) =>
        (stages[stage] ?? [])
          .filter((_, other) => !isPointwise || other === index)
          .map((producer) => ({ producer, consumer })),
      ),
    );
  return {
    sources: stages[0] ?? [],
    channels,
    topology: createTopology(stages.flat(), channels),
    recordCount: scheduler.between(0, 12),
    capacity: scheduler.between(1, 4),
    checkpointing: drawCheckpointing(scheduler),
    restartStrategy: drawRestartStrategy(scheduler),
    faults: scheduler.between(0, 5),
    faultRate: scheduler.pick([0.01, 0.05, 0.2]),
    savepointRate: scheduler.pick([0, 0, 0.01, 0.03]),
    isCanceled: scheduler.isLikely(0.1),
  };
}

function subtasks(name: string, count: number): readonly SubtaskId[] {
  return Array.from({ length: count }, (_, index) => `${name}/${index}`);
}

function drawCheckpointing(scheduler: Scheduler): CheckpointingSpec {
  return {
    intervalMs: scheduler.between(2, 30),
    mode: scheduler.isLikely(0.85) ? "EXACTLY_ONCE" : "AT_LEAST_ONCE",
    timeoutMs: scheduler.between(100, 300),
    minPauseMs: scheduler.pick([0, 0, 5, 20]),
    maxConcurrent: scheduler.between(1, 3),
    tolerableFailures: scheduler.pick([0, 1, 3, 100]),
    retention: scheduler.pick([
      "NO_EXTERNALIZED_CHECKPOINTS",
      "DELETE_ON_CANCELLATION",
      "RETAIN_ON_CANCELLATION",
    ]),
    retainedCount: scheduler.between(1, 3),
    afterTasksFinish: true,
    storage: { kind: "memory" },
  };
}

function drawRestartStrategy(scheduler: Scheduler): RestartStrategySpec {
  const delayMs = scheduler.between(0, 20);
  return scheduler.pick<RestartStrategySpec>([
    { kind: "none" },
    { kind: "fixed-delay", attempts: scheduler.between(0, 3), delayMs },
    { kind: "fixed-delay", attempts: 100, delayMs },
    { kind: "failure-rate", maxFailuresPerInterval: 2, intervalMs: 50, delayMs },
    {
      kind: "exponential-delay",
      initialBackoffMs: 1 + delayMs,
      maxBackoffMs: 100,
      multiplier: 1.5,
      resetThresholdMs: 200,
      jitterFactor: 0.1,
      attempts: null,
    },
  ]);
}
