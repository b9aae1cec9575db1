/** Steps a coordinator by hand: events go in, actions come out. */
import { createCoordinator, stepCoordinator } from "../../../../control/checkpoint/coordinator.ts";
import type {
  CompletedCheckpoint,
  CoordinatorAction,
  CoordinatorEvent,
  CoordinatorState,
  FailureCause,
} from "../../../../control/checkpoint/coordinator-types.ts";
import { createTopology } from "../../../../control/checkpoint/topology.ts";
import type {
  CheckpointingSpec,
  RestartStrategySpec,
} from "../../../../control/plan/checkpoint-schema.ts";

type Action = CoordinatorAction<string>;
type Event = CoordinatorEvent<string>;

export const CHECKPOINTING: CheckpointingSpec = {
  intervalMs: 100,
  mode: "EXACTLY_ONCE",
  timeoutMs: 1000,
  minPauseMs: 0,
  maxConcurrent: 1,
  tolerableFailures: 0,
  retention: "NO_EXTERNALIZED_CHECKPOINTS",
  retainedCount: 1,
  afterTasksFinish: true,
  storage: { kind: "memory" },
};

export const CAUSE: FailureCause = {
  error: { code: "MR_JOB_FAILED", details: { message: "for the test" } },
  isRecoverable: true,
};

interface Options {
  readonly checkpointing?: Partial<CheckpointingSpec>;
  readonly restartStrategy?: RestartStrategySpec;
  readonly completed?: readonly CompletedCheckpoint[];
  /** Subtask i of the sources feeds subtask i of the sinks only. */
  readonly isPointwise?: boolean;
  readonly keepsFinished?: boolean;
}

/** Two sources and two sinks, all running. */
export class CoordinatorDriver {
  nowMs = 0;
  state: CoordinatorState<string>;
  /** Of the last event. */
  actions: readonly Action[] = [];

  constructor(options: Options = {}) {
    const channels = [0, 1].flatMap((producer) =>
      [0, 1]
        .filter((consumer) => !options.isPointwise || consumer === producer)
        .map((consumer) => ({ producer: `source/${producer}`, consumer: `sink/${consumer}` })),
    );
    const subtasks = ["source/0", "source/1", "sink/0", "sink/1"];
    const completed = options.completed ?? [];
    this.state = createCoordinator({
      checkpointing: { ...CHECKPOINTING, ...options.checkpointing },
      restartStrategy: options.restartStrategy ?? {
        kind: "fixed-delay",
        attempts: 9,
        delayMs: 10,
      },
      topology: createTopology(subtasks, channels),
      completed,
      keepsFinished: options.keepsFinished ?? false,
      firstCheckpointId: (completed.at(-1)?.checkpointId ?? 0) + 1,
    });
    for (const subtask of subtasks) this.subtask("running", subtask);
  }

  send(event: Event): readonly Action[] {
    const step = stepCoordinator(this.state, event, { nowMs: this.nowMs, chance: 0.5 });
    this.state = step.state;
    this.actions = step.actions;
    return step.actions;
  }

  subtask(what: "running" | "waiting" | "finished" | "canceled", subtask: string) {
    const attempt = this.state.subtasks.get(subtask)?.attempt ?? 0;
    return this.send({ kind: `subtask-${what}`, subtask, attempt });
  }

  acknowledge(checkpointId: number, ...subtasks: readonly string[]) {
    return subtasks.flatMap((subtask) => {
      const attempt = this.state.subtasks.get(subtask)?.attempt ?? 0;
      const state = `${checkpointId}/${subtask}`;
      return this.send({ kind: "acknowledged", subtask, attempt, checkpointId, state });
    });
  }

  acknowledgeAll(checkpointId: number) {
    return this.acknowledge(checkpointId, "source/0", "source/1", "sink/0", "sink/1");
  }

  fail(...subtasks: readonly string[]) {
    const attempts = subtasks.map((subtask) => ({
      subtask,
      attempt: this.state.subtasks.get(subtask)?.attempt ?? 0,
    }));
    return this.send({ kind: "failed", attempts, cause: CAUSE });
  }

  /** The periodic timer rings, ms later. */
  period(ms = 100): readonly Action[] {
    this.nowMs += ms;
    return this.send({ kind: "timer", timerId: this.state.periodicTimer ?? -1 });
  }

  /** A whole checkpoint; answers its id. */
  checkpoint(): number {
    this.period();
    const checkpointId = this.state.nextCheckpointId - 1;
    this.acknowledgeAll(checkpointId);
    this.send({ kind: "manifest-written", checkpointId });
    return checkpointId;
  }

  find<K extends Action["kind"]>(kind: K): Extract<Action, { kind: K }> | undefined {
    return this.actions.find((action) => action.kind === kind) as
      | Extract<Action, { kind: K }>
      | undefined;
  }

  kinds(): readonly string[] {
    return this.actions.map(({ kind }) => kind);
  }
}
