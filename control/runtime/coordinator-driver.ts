/**
 * Drives the coordinator of a job: tells it what has happened and carries out what it asks for. Time, storage and
 * the master's subtasks are behind it; the coordinator itself knows none of them.
 *
 * Disk work is done in the order it was asked for, one piece at a time.
 */
import type { CheckpointOptions, SubtaskState } from "../../dataplane/protocol/checkpoint.ts";
import { crashPoint } from "../../dataplane/protocol/crash-point.ts";
import {
  createCoordinator,
  failureCause,
  isSettled,
  stepCoordinator,
} from "../checkpoint/coordinator.ts";
import type {
  Attempt,
  CheckpointProperties,
  CoordinatorAction,
  CoordinatorEvent,
  CoordinatorOptions,
  CoordinatorState,
  FailureCause,
  StopMode,
} from "../checkpoint/coordinator-types.ts";
import type { SubtaskId } from "../checkpoint/topology.ts";
import type { Clock } from "../common/clock.ts";
import { chance } from "../common/prng.ts";
import { asEngineError } from "./as-engine-error.ts";
import { CheckpointStatistics } from "./checkpoint-statistics.ts";
import type { CheckpointStorage, StoredCheckpoint } from "./checkpoint-storage.ts";
import type { JobCheckpoint } from "./job-checkpoint.ts";
import { SavepointRequests } from "./savepoint-requests.ts";

type Action = CoordinatorAction<SubtaskState>;
export type DrivenState = CoordinatorState<SubtaskState>;

export interface TriggeredCheckpoint {
  readonly checkpointId: number;
  /** ms since the epoch. */
  readonly triggeredMs: number;
  readonly options: CheckpointOptions;
}

export interface RestartRequest {
  readonly attempts: readonly Attempt[];
  /** All subtasks, and the enumerators with them. */
  readonly isGlobal: boolean;
  /** null = as at the start. */
  readonly checkpoint: JobCheckpoint | null;
}

export interface CoordinatorPorts {
  /** What the enumerators know; triggers follow in the same turn. Throws what they throw. */
  snapshotEnumerators(checkpointId: number): ReadonlyMap<string, unknown>;
  trigger(checkpoint: TriggeredCheckpoint, subtasks: readonly SubtaskId[]): void;
  notifyComplete(checkpointId: number, subtasks: readonly SubtaskId[]): void;
  notifyAborted(checkpointId: number, subtasks: readonly SubtaskId[]): void;
  cancel(subtasks: readonly SubtaskId[]): void;
  restart(request: RestartRequest): void;
  failJob(cause: FailureCause): void;
  /** Behind every event. */
  changed(state: DrivenState): void;
}

export interface CoordinatorDriverParts
  extends Omit<CoordinatorOptions, "completed" | "firstCheckpointId" | "keepsFinished"> {
  readonly storage: CheckpointStorage;
  readonly restored: StoredCheckpoint | null;
  readonly goesOn: boolean;
  /** Whether checkpoints may have only what has changed. */
  readonly isIncremental: boolean;
  readonly clock: Clock;
  readonly ports: CoordinatorPorts;
}

interface BegunCheckpoint extends TriggeredCheckpoint {
  readonly enumerators: ReadonlyMap<string, unknown>;
}

export class CoordinatorDriver {
  readonly statistics = new CheckpointStatistics();
  readonly #parts: CoordinatorDriverParts;
  readonly #requests = new SavepointRequests();
  #state: DrivenState;
  readonly #events: CoordinatorEvent<SubtaskState>[] = [];
  #isStepping = false;
  readonly #timers = new Map<number, () => void>();
  /** Disk work, settled when all there was is done. Never rejects. */
  #disk: Promise<void> = Promise.resolve();
  /** Enumerators' part of pending checkpoints, and when those were triggered, ms since the epoch. */
  readonly #begun = new Map<number, BegunCheckpoint>();
  /** The one that was triggered last. */
  #lastTriggered: TriggeredCheckpoint | null = null;

  constructor(parts: CoordinatorDriverParts) {
    const { storage, restored, goesOn } = parts;
    this.#parts = parts;
    const restoredId = restored?.checkpoint.checkpointId ?? 0;
    if (restored !== null) this.#restoredFrom(restored);
    this.#state = createCoordinator({
      checkpointing: parts.checkpointing,
      restartStrategy: parts.restartStrategy,
      topology: parts.topology,
      keepsFinished: goesOn,
      completed:
        restored === null
          ? []
          : [{ checkpointId: restoredId, type: restored.type, isOwned: goesOn }],
      firstCheckpointId: Math.max(storage.lastCheckpointId, restoredId) + 1,
    });
  }

  get state(): DrivenState {
    return this.#state;
  }

  attemptOf(subtask: SubtaskId): Attempt {
    return { subtask, attempt: this.#state.subtasks.get(subtask)?.attempt ?? 0 };
  }

  /** Whether nothing else has happened since the attempt was asked for. */
  isDue({ subtask, attempt }: Attempt): boolean {
    const { job, subtasks } = this.#state;
    const status = subtasks.get(subtask);
    return job === "running" && status?.phase === "created" && status.attempt === attempt;
  }

  dispatch(event: CoordinatorEvent<SubtaskState>): void {
    this.#events.push(event);
    // What ports do on the way may be the next event.
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const moment = { nowMs: this.#parts.clock.monotonic(), chance: chance() };
        const { state, actions } = stepCoordinator(this.#state, next, moment);
        this.#state = state;
        for (const action of actions) this.#carryOut(action);
        this.#parts.ports.changed(state);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  /** The job fails outside its subtasks. */
  fail(error: unknown): void {
    this.dispatch({ kind: "failed", attempts: [], cause: failureCause(asEngineError(error)) });
  }

  /**
   * @param folder where it goes, in a folder of its own
   * @returns its path. Errors: MR_SAVEPOINT_FAILED, and what made it fail.
   */
  async savepoint(folder: string, stop: StopMode): Promise<string> {
    const { requestId, completed } = this.#requests.create(folder);
    this.dispatch({ kind: "savepoint-requested", requestId, stop });
    return (await completed).path;
  }

  /** Out of turn. @returns its id. Errors: MR_SAVEPOINT_FAILED, and what made it fail. */
  async checkpoint(): Promise<number> {
    const { requestId, completed } = this.#requests.create(null);
    this.dispatch({ kind: "checkpoint-requested", requestId });
    return (await completed).checkpointId;
  }

  /** Behind "terminated": settled when all disk work is done. */
  async close(): Promise<void> {
    while (!isSettled(this.#state)) await this.#disk;
    await this.#disk;
    for (const takeBack of this.#timers.values()) takeBack();
    await this.#parts.storage.close();
  }

  #carryOut(action: Action): void {
    const { ports } = this.#parts;
    switch (action.kind) {
      case "set-timer":
        this.#setTimer(action.timerId, action.delayMs);
        return;
      case "cancel-timer":
        this.#timers.get(action.timerId)?.();
        this.#timers.delete(action.timerId);
        return;
      case "begin-checkpoint":
        this.#begin(action);
        return;
      case "trigger":
        this.#trigger(action);
        return;
      case "write-manifest":
        this.#writeManifest(action);
        return;
      case "notify-complete":
        crashPoint("notify/before");
        ports.notifyComplete(
          action.checkpointId,
          action.attempts.map(({ subtask }) => subtask),
        );
        crashPoint("notify/sent");
        return;
      case "notify-aborted": {
        const { checkpointId, reason, error } = action;
        this.statistics.failed(checkpointId, reason, error, this.#parts.clock.now());
        ports.notifyAborted(
          checkpointId,
          action.attempts.map(({ subtask }) => subtask),
        );
        return;
      }
      case "discard-checkpoint":
      case "discard-state":
        this.#discard(action.checkpointId);
        return;
      case "cancel-subtasks":
        ports.cancel(action.attempts.map(({ subtask }) => subtask));
        return;
      case "restart":
        this.#restart(action);
        return;
      case "fail-job":
        ports.failJob(action.cause);
        return;
      case "answer":
        this.#requests.answer(action.requestId, action.answer);
        return;
    }
  }

  #setTimer(timerId: number, delayMs: number): void {
    const takeBack = this.#parts.clock.after(delayMs, () => {
      this.#timers.delete(timerId);
      this.dispatch({ kind: "timer", timerId });
    });
    this.#timers.set(timerId, takeBack);
  }

  #begin(action: Extract<Action, { kind: "begin-checkpoint" }>): void {
    const { checkpointId } = action;
    const pending = this.#state.pending.get(checkpointId);
    const subtasks = [...(pending?.unacknowledged ?? [])];
    this.statistics.began(checkpointId, action, subtasks, this.#parts.clock.now());
    const requestId = pending?.requestId ?? null;
    const folder = requestId === null ? null : this.#requests.folderOf(requestId);
    this.#onDisk(async () => {
      if (!this.#state.pending.has(checkpointId)) return;
      try {
        if (folder !== null) crashPoint("savepoint/before");
        await this.#parts.storage.begin(checkpointId, folder);
      } catch (error) {
        this.#decline(checkpointId, error);
      }
    });
  }

  /** When there is room for it. Readers and enumerators have to agree on what was given out: one turn. */
  #trigger({
    kind: _,
    checkpointId,
    attempts,
    ...properties
  }: Extract<Action, { kind: "trigger" }>): void {
    this.#onDisk(async () => {
      if (!this.#state.pending.has(checkpointId)) return;
      const { ports } = this.#parts;
      try {
        const begun = this.#begun.get(checkpointId) ?? this.#beginNow(checkpointId, properties);
        const current = attempts.filter(
          ({ subtask, attempt }) => this.attemptOf(subtask).attempt === attempt,
        );
        ports.trigger(
          begun,
          current.map(({ subtask }) => subtask),
        );
      } catch (error) {
        this.#decline(checkpointId, error);
      }
    });
  }

  /** Throws what enumerators throw. */
  #beginNow(checkpointId: number, properties: CheckpointProperties): BegunCheckpoint {
    const enumerators = structuredClone(this.#parts.ports.snapshotEnumerators(checkpointId));
    const isIncremental = this.#mayBeIncremental(properties);
    const begun = {
      checkpointId,
      triggeredMs: this.#parts.clock.now(),
      options: { ...properties, isIncremental },
      enumerators,
    };
    this.#begun.set(checkpointId, begun);
    this.#lastTriggered = begun;
    return begun;
  }

  /** Tasks know what has changed since the last barrier they saw: that checkpoint must be there, as one of the job's own. */
  #mayBeIncremental({ type }: CheckpointProperties): boolean {
    const last = this.#lastTriggered;
    if (!this.#parts.isIncremental || type !== "checkpoint" || last === null) return false;
    return last.options.type === "checkpoint" && last.checkpointId === this.#state.lastSuccess;
  }

  #writeManifest({
    checkpointId,
    type,
    states,
  }: Extract<Action, { kind: "write-manifest" }>): void {
    const { triggeredMs = 0, enumerators = new Map() } = this.#begun.get(checkpointId) ?? {};
    const requestId = this.#state.pending.get(checkpointId)?.requestId ?? null;
    this.#onDisk(async () => {
      const finished = { checkpointId, type, triggeredMs, states, enumerators };
      const written = await this.#parts.storage.complete(finished).then(
        (path) => ({ path }),
        (error: unknown) => ({ cause: failureCause(asEngineError(error)) }),
      );
      this.#begun.delete(checkpointId);
      if ("cause" in written) {
        this.dispatch({ kind: "manifest-failed", checkpointId, cause: written.cause });
        return;
      }
      const { path } = written;
      if (requestId !== null) this.#requests.setPath(requestId, path);
      if (type === "savepoint") crashPoint("savepoint/written");
      this.statistics.completed(checkpointId, path, this.#parts.clock.now());
      crashPoint("complete/before-decision");
      this.dispatch({ kind: "manifest-written", checkpointId });
      crashPoint("complete/decided");
    });
  }

  #discard(checkpointId: number): void {
    this.statistics.discarded(checkpointId);
    this.#begun.delete(checkpointId);
    this.#onDisk(async () => {
      try {
        await this.#parts.storage.discard(checkpointId);
      } catch (error) {
        // It takes up room, and the next one to open the folder removes it.
        const { code, message } = asEngineError(error);
        process.emitWarning(message, { code });
      }
    });
  }

  #restart({ attempts, isGlobal, checkpointId }: Extract<Action, { kind: "restart" }>): void {
    this.#onDisk(async () => {
      try {
        const stored = checkpointId === null ? null : await this.#checkpointOf(checkpointId);
        if (!attempts.every((attempt) => this.isDue(attempt))) return;
        if (stored !== null) this.#restoredFrom(stored);
        const checkpoint = stored?.checkpoint ?? null;
        this.#parts.ports.restart({ attempts, isGlobal, checkpoint });
      } catch (error) {
        this.fail(error);
      }
    });
  }

  async #checkpointOf(checkpointId: number): Promise<StoredCheckpoint> {
    const { restored, storage } = this.#parts;
    return restored?.checkpoint.checkpointId === checkpointId
      ? restored
      : storage.load(checkpointId);
  }

  #restoredFrom({ path, type, checkpoint: { checkpointId } }: StoredCheckpoint): void {
    const restoredMs = this.#parts.clock.now();
    this.statistics.restoredFrom({ checkpointId, type, path, restoredMs });
  }

  #decline(checkpointId: number, error: unknown): void {
    this.dispatch({ kind: "declined", checkpointId, cause: failureCause(asEngineError(error)) });
  }

  #onDisk(work: () => Promise<void>): void {
    this.#disk = this.#disk.then(work);
  }
}
