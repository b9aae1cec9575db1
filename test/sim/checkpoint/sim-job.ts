/**
 * A job under simulation: the coordinator of production, and around it slots, messages and a disk that
 * do what the seed says. What must hold is checked at every step, by an oracle that sees everything.
 */
import {
  createCoordinator,
  isSettled,
  stepCoordinator,
} from "../../../control/checkpoint/coordinator.ts";
import type {
  Attempt,
  CompletedCheckpoint,
  CoordinatorAction,
  CoordinatorEvent,
  CoordinatorState,
  FailureCause,
  TerminalStatus,
} from "../../../control/checkpoint/coordinator-types.ts";
import type { SubtaskId } from "../../../control/checkpoint/topology.ts";
import { EngineError } from "../../../dataplane/protocol/errors.ts";
import type { Bug } from "./bugs.ts";
import { Oracle } from "./oracle.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { SimDisk } from "./sim-disk.ts";
import { EMPTY_STATE, SimChannel, SimTask, type TaskState } from "./sim-task.ts";

export type StateFile = string;
export type Event = CoordinatorEvent<StateFile>;
export type Action = CoordinatorAction<StateFile>;
export type State = CoordinatorState<StateFile>;

export interface Manifest {
  readonly type: "checkpoint" | "savepoint";
  readonly states: ReadonlyMap<SubtaskId, StateFile | null>;
}

interface LiveTask extends Attempt {
  readonly task: SimTask;
}

/** ms after which a slot that does not answer is taken down. */
const CANCEL_GRACE_MS = 30;
const RECOVERABLE: FailureCause = {
  error: new EngineError("MR_JOB_FAILED", { message: "a planned fault" }).toWire(),
  isRecoverable: true,
};

export class SimJob {
  readonly scheduler: Scheduler;
  readonly scenario: Scenario;
  readonly disk: SimDisk;
  readonly oracle: Oracle;
  readonly #bug: Bug | null;
  #state: State;
  readonly #live = new Map<SubtaskId, LiveTask>();
  #channels: SimChannel[];
  #timers = new Map<number, string>();
  #status: TerminalStatus | null = null;
  #outcome: TerminalStatus = "FINISHED";
  #requests = 0;
  #process = 0;

  constructor(seed: number, bug: Bug | null = null) {
    this.scheduler = new Scheduler(seed);
    this.scenario = drawScenario(this.scheduler);
    this.disk = new SimDisk(this.scheduler);
    this.disk.skipsSync = bug?.skipsSync ?? false;
    this.oracle = new Oracle(this);
    this.#bug = bug;
    this.#channels = this.#newChannels();
    this.#state = this.#newCoordinator([], 1);
    this.#deploy(this.#attempts(), null);
  }

  get state(): State {
    return this.#state;
  }

  get status(): TerminalStatus | null {
    return this.#status;
  }

  get hasEnded(): boolean {
    return this.#status !== null && isSettled(this.#state);
  }

  /** Lets one thing happen; answers whether there was one. */
  step(): boolean {
    const { scheduler } = this;
    scheduler.nowMs += scheduler.prng.nextInt(2);
    const tasks = [...this.#live.values()].filter(({ task }) => task.canStep());
    const entries = scheduler.ready();
    const choice = scheduler.prng.nextInt(Math.max(1, tasks.length + entries.length));
    const live = tasks[choice];
    if (live !== undefined) live.task.step((values) => scheduler.pick(values));
    else if (entries.length > 0) entries[choice - tasks.length]?.();
    else return scheduler.jump();
    return true;
  }

  /** Lets what is under way between subtasks that have ended and the master arrive. */
  drain(): void {
    while (this.hasEnded && (this.scheduler.ready().length > 0 || this.scheduler.jump())) {
      this.scheduler.ready()[0]?.();
    }
  }

  send(event: Event): void {
    const moment = { nowMs: this.scheduler.nowMs, chance: this.scheduler.chance() };
    const before = this.#state;
    const sound = stepCoordinator(before, event, moment);
    const { state, actions } = this.#bug?.step?.(before, event, sound) ?? sound;
    this.#state = state;
    for (const action of actions) {
      this.oracle.action(action, before);
      this.#carryOut(action);
    }
  }

  // Faults

  crashSubtask(): void {
    const live = this.#pickLive();
    if (live === undefined) return;
    this.#kill(live);
    this.#report(live, { kind: "failed", attempts: [live], cause: RECOVERABLE });
  }

  /** All subtasks of a thread. */
  crashSlot(): void {
    const hit = [...this.#live.values()].filter(() => this.scheduler.isLikely(0.5));
    for (const live of hit) this.#kill(live);
    const [first] = hit;
    if (first === undefined) return;
    this.#report(first, { kind: "failed", attempts: hit, cause: RECOVERABLE });
  }

  hangSubtask(): void {
    const live = this.#pickLive();
    if (live?.task.isOpen) live.task.isHung = true;
  }

  /** The whole process is killed and started again with the latest checkpoint on disk. */
  crashProcess(): void {
    if (this.#status !== null) return;
    this.#process += 1;
    this.scheduler.dropAll();
    this.#timers.clear();
    this.#live.clear();
    this.#outcome = "FINISHED";
    this.disk.crash();
    const { completed, firstId } = this.#recover();
    this.#channels = this.#newChannels();
    this.#state = this.#newCoordinator(completed, firstId);
    this.oracle.recovered(completed.at(-1)?.checkpointId ?? null);
    this.#deploy(this.#attempts(), completed.at(-1)?.checkpointId ?? null);
  }

  failGlobally(): void {
    if (this.#status === null) this.send({ kind: "failed", attempts: [], cause: RECOVERABLE });
  }

  requestSavepoint(): void {
    if (this.#status !== null) return;
    const requestId = `${this.#process}/${this.#requests++}`;
    this.oracle.requested(requestId);
    const stop = this.scheduler.pick([null, null, "suspend", "drain"] as const);
    this.send({ kind: "savepoint-requested", requestId, stop });
  }

  cancel(): void {
    if (this.#status !== null || this.#outcome !== "FINISHED") return;
    this.#outcome = "CANCELED";
    this.send({ kind: "ending" });
    this.#cancelAll();
  }

  // What the coordinator asks for

  #carryOut(action: Action): void {
    switch (action.kind) {
      case "set-timer":
        this.#setTimer(action.timerId, action.delayMs);
        return;
      case "cancel-timer":
        this.#cancelTimer(action.timerId);
        return;
      case "begin-checkpoint":
        return;
      case "trigger":
        for (const attempt of action.attempts) {
          this.#command(attempt, (task) => task.trigger(action.checkpointId, action));
        }
        return;
      case "write-manifest":
        this.#writeManifest(action);
        return;
      case "notify-complete":
        for (const attempt of action.attempts) {
          this.#command(attempt, (task) => task.complete(action.checkpointId));
        }
        return;
      case "notify-aborted":
        for (const attempt of action.attempts) {
          this.#command(attempt, (task) => task.abort(action.checkpointId));
        }
        return;
      case "discard-checkpoint":
        this.disk.removeFolder(`${action.checkpointId}`);
        return;
      case "discard-state":
        this.disk.remove(action.state);
        return;
      case "cancel-subtasks":
        for (const attempt of action.attempts) this.#cancelSubtask(attempt);
        return;
      case "restart":
        this.#restart(action.attempts, action.checkpointId);
        return;
      case "fail-job":
        this.#outcome = "FAILED";
        this.#cancelAll();
        return;
      case "answer":
        return;
    }
  }

  #setTimer(timerId: number, delayMs: number): void {
    const ring = () => {
      this.#timers.delete(timerId);
      this.send({ kind: "timer", timerId });
    };
    this.#timers.set(timerId, this.scheduler.after(delayMs, ring));
  }

  #cancelTimer(timerId: number): void {
    const queue = this.#timers.get(timerId);
    // Some ring all the same: they were on their way.
    if (queue !== undefined && this.scheduler.isLikely(0.9)) this.scheduler.drop(queue);
  }

  #writeManifest({
    checkpointId,
    type,
    states,
  }: Extract<Action, { kind: "write-manifest" }>): void {
    const manifest: Manifest = { type, states };
    this.disk.write(`${checkpointId}/manifest`, manifest, (isWritten) => {
      if (isWritten) this.send({ kind: "manifest-written", checkpointId });
      else this.send({ kind: "manifest-failed", checkpointId, cause: RECOVERABLE });
    });
  }

  #restart(attempts: readonly Attempt[], checkpointId: number | null): void {
    const ids = new Set(attempts.map(({ subtask }) => subtask));
    this.#channels = [
      ...this.#channels.filter(({ consumer }) => !ids.has(consumer)),
      ...this.#newChannels().filter(({ consumer }) => ids.has(consumer)),
    ];
    this.#deploy(attempts, checkpointId);
  }

  /** Messages to a subtask of the past go nowhere. */
  #command(attempt: Attempt, run: (task: SimTask) => void): void {
    this.scheduler.post(`to ${attempt.subtask}`, this.scheduler.between(0, 3), () => {
      const live = this.#live.get(attempt.subtask);
      if (live?.attempt === attempt.attempt && !live.task.isHung) run(live.task);
    });
  }

  /** What comes from a subtask keeps its order, also among its attempts. */
  #report({ subtask }: Attempt, event: Event): void {
    this.scheduler.post(`from ${subtask}`, this.scheduler.between(0, 3), () => {
      this.send(event);
      this.#endIfAllEnded();
    });
  }

  #cancelSubtask(attempt: Attempt): void {
    const end = () => {
      const live = this.#live.get(attempt.subtask);
      if (live?.attempt !== attempt.attempt) return;
      this.#kill(live);
      this.#report(attempt, { kind: "subtask-canceled", ...attempt });
    };
    this.#command(attempt, end);
    this.scheduler.after(CANCEL_GRACE_MS, end);
  }

  #cancelAll(): void {
    for (const attempt of this.#live.values()) this.#cancelSubtask(attempt);
    this.#endIfAllEnded();
  }

  #endIfAllEnded(): void {
    if (this.#status !== null) return;
    const isOver = [...this.#state.subtasks.values()].every(({ phase }) => phase === "finished");
    const isEnding = this.#state.job === "ending" && this.#live.size === 0;
    if (!isOver && !isEnding) return;
    this.#status = isOver && this.#outcome === "CANCELED" ? "FINISHED" : this.#outcome;
    this.send({ kind: "terminated", status: this.#status });
  }

  // Subtasks

  #deploy(attempts: readonly Attempt[], checkpointId: number | null): void {
    const manifest = checkpointId === null ? null : this.#manifest(checkpointId);
    for (const attempt of attempts) {
      this.oracle.deploying(attempt, this.#live.has(attempt.subtask));
      const restored = manifest === null ? EMPTY_STATE : this.#restored(manifest, attempt.subtask);
      this.#live.set(attempt.subtask, { ...attempt, task: this.#newTask(attempt, restored) });
    }
  }

  #restored({ states }: Manifest, subtask: SubtaskId): TaskState | null {
    const file = states.get(subtask);
    if (file === null) return null;
    const state = file === undefined ? undefined : this.disk.read(file);
    this.oracle.check(state !== undefined, `${subtask} is restored from nothing`);
    return (state ?? EMPTY_STATE) as TaskState;
  }

  #newTask(attempt: Attempt, restored: TaskState | null): SimTask {
    const id = attempt.subtask;
    const { capacity, recordCount, checkpointing } = this.scenario;
    const report = (kind: "subtask-running" | "subtask-waiting") =>
      this.#report(attempt, { kind, ...attempt });
    return new SimTask({
      id,
      inputs: this.#channels.filter(({ consumer }) => consumer === id),
      outputs: this.#channels.filter(({ producer }) => producer === id),
      capacity,
      recordCount,
      restored,
      alignment: this.#bug?.skipsAlignment ? "none" : checkpointing.mode,
      finishesEarly: this.#bug?.finishesEarly ?? false,
      stopsEarly: this.#bug?.stopsEarly ?? false,
      ports: {
        running: () => report("subtask-running"),
        waiting: () => report("subtask-waiting"),
        finished: () => {
          this.#live.delete(id);
          this.#report(attempt, { kind: "subtask-finished", ...attempt });
        },
        snapshot: (checkpointId, state, done) =>
          this.#writeState(attempt, checkpointId, state, done),
        commit: (committable) => this.oracle.commit(committable),
      },
    });
  }

  #writeState(attempt: Attempt, checkpointId: number, state: TaskState, done: () => void): void {
    const file = `${checkpointId}/${attempt.subtask}#${attempt.attempt}`;
    const acknowledge = () => {
      this.#report(attempt, { kind: "acknowledged", ...attempt, checkpointId, state: file });
    };
    const acksEarly = this.#bug?.acknowledgesEarly ?? false;
    if (acksEarly) acknowledge();
    this.disk.write(file, state, (isWritten) => {
      done();
      const isAlive = this.#live.get(attempt.subtask)?.attempt === attempt.attempt;
      // What was not written goes, and with a subtask what it wrote when it died.
      if (!isAlive || !isWritten) this.disk.remove(file);
      if (!isAlive || acksEarly) return;
      if (isWritten) acknowledge();
      else this.#report(attempt, { kind: "declined", checkpointId, cause: RECOVERABLE });
    });
  }

  #kill({ subtask }: Attempt): void {
    this.#live.delete(subtask);
  }

  #pickLive(): LiveTask | undefined {
    const live = [...this.#live.values()];
    return live.length === 0 ? undefined : this.scheduler.pick(live);
  }

  #newChannels(): SimChannel[] {
    return this.scenario.channels.map(
      ({ producer, consumer }) => new SimChannel(producer, consumer),
    );
  }

  #newCoordinator(completed: readonly CompletedCheckpoint[], firstCheckpointId: number): State {
    const { checkpointing, restartStrategy, topology } = this.scenario;
    const options = {
      ...{ checkpointing, restartStrategy, topology, completed, firstCheckpointId },
      keepsFinished: false,
    };
    return createCoordinator<StateFile>(options);
  }

  #attempts(): readonly Attempt[] {
    return [...this.#state.subtasks].map(([subtask, { attempt }]) => ({ subtask, attempt }));
  }

  // The store

  #manifest(checkpointId: number): Manifest | null {
    return (this.disk.read(`${checkpointId}/manifest`) ?? null) as Manifest | null;
  }

  /** What is whole on disk; all else is removed. */
  #recover(): { completed: readonly CompletedCheckpoint[]; firstId: number } {
    const ids = [...new Set(this.disk.paths.map((path) => Number(path.split("/")[0])))];
    ids.sort((a, b) => a - b);
    const completed: CompletedCheckpoint[] = [];
    for (const checkpointId of ids) {
      const type = this.#manifest(checkpointId)?.type;
      if (type === undefined) this.disk.removeFolder(`${checkpointId}`);
      else if (type === "checkpoint") completed.push({ checkpointId, type, isOwned: true });
    }
    const stop = this.oracle.stopSavepoint;
    if (stop !== null && stop > (completed.at(-1)?.checkpointId ?? 0)) {
      completed.push({ checkpointId: stop, type: "savepoint", isOwned: false });
    }
    return { completed, firstId: (ids.at(-1) ?? 0) + 1 };
  }
}
