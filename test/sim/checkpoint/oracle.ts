/** Sees everything and says what must not be. */
import type { Attempt } from "../../../control/checkpoint/coordinator-types.ts";
import type { SubtaskId } from "../../../control/checkpoint/topology.ts";
import type { Action, Manifest, SimJob, State } from "./sim-job.ts";
import type { Committable, SimRecord } from "./sim-task.ts";

export class Violation extends Error {}

export class Oracle {
  readonly #job: SimJob;
  /** Of this process. */
  #lastId = 0;
  /** Newest checkpoint that a subtask may have heard is complete. */
  #lastNotified = 0;
  #lastNotifiedMs: number | null = null;
  /** Records by what committed them. */
  readonly #committed = new Map<string, { readonly by: string; readonly record: SimRecord }>();
  readonly #answers = new Map<string, Extract<Action, { kind: "answer" }>["answer"] | null>();
  readonly #discarded = new Set<number>();
  /** Begun ones of which subtasks have heard no end. */
  readonly #open = new Set<number>();
  /** The last savepoint that was to stop the job: it may be newer than all checkpoints. */
  stopSavepoint: number | null = null;
  #isStopping = false;
  restarts = 0;
  #restartsOfProcess = 0;
  completions = 0;

  constructor(job: SimJob) {
    this.#job = job;
  }

  check(holds: boolean, what: string): void {
    if (!holds) throw new Violation(what);
  }

  requested(requestId: string): void {
    this.#answers.set(requestId, null);
  }

  deploying({ subtask, attempt }: Attempt, isLive: boolean): void {
    this.check(!isLive, `attempt ${attempt} of ${subtask} starts while another one runs`);
  }

  /** A process that starts again forgets its requests. */
  recovered(checkpointId: number | null): void {
    const isNewest = (checkpointId ?? 0) >= this.#lastNotified;
    this.check(isNewest, `recovered from ${checkpointId}, ${this.#lastNotified} was complete`);
    this.#answers.clear();
    this.#discarded.clear();
    this.#lastId = 0;
    this.#lastNotifiedMs = null;
    this.#open.clear();
    this.#isStopping = false;
    this.#restartsOfProcess = 0;
  }

  action(action: Action, before: State): void {
    switch (action.kind) {
      case "begin-checkpoint":
        this.#begin(action, before);
        return;
      case "notify-complete":
        this.#complete(action.checkpointId);
        this.#open.delete(action.checkpointId);
        return;
      case "notify-aborted":
        this.#open.delete(action.checkpointId);
        return;
      case "discard-checkpoint":
        this.#discard(action.checkpointId);
        return;
      case "discard-state":
        this.check(!this.#isNeeded(action.state), `${action.state} is deleted and needed`);
        return;
      case "restart":
        this.#restart(action.checkpointId);
        return;
      case "fail-job":
        this.#failed(before);
        return;
      case "answer": {
        const answer = this.#answers.get(action.requestId);
        this.check(answer === null, `request ${action.requestId} is answered again, or never was`);
        this.#answers.set(action.requestId, action.answer);
        // Nobody else hears of a savepoint that the job goes on after.
        if (action.answer.isCompleted) this.#open.delete(action.answer.checkpointId);
        return;
      }
      default:
    }
  }

  commit({ id, checkpointId, records }: Committable): void {
    this.check(
      this.#manifest(checkpointId) !== null || checkpointId <= this.#lastNotified,
      `${id} is committed before its manifest is durable`,
    );
    for (const record of records) {
      const key = `${record.source}:${record.number}`;
      const other = this.#committed.get(key);
      const isOnce = other === undefined || other.by === id || !this.#isExactlyOnce;
      this.check(isOnce, `${key} is committed by ${other?.by} and by ${id}`);
      this.#committed.set(key, { by: id, record });
    }
  }

  /** After every step. */
  invariants(): void {
    const { state, scenario } = this.#job;
    const { maxConcurrent, minPauseMs, retainedCount } = scenario.checkpointing;
    const pending = [...state.pending.values()];
    const inFlight = pending.filter(({ type }) => type === "checkpoint").length;
    const limit = minPauseMs > 0 ? 1 : maxConcurrent;
    this.check(inFlight <= limit, `${inFlight} checkpoints are in flight, ${limit} may be`);
    this.check(state.completed.length <= retainedCount + 1, "too many checkpoints are kept");
    for (const { checkpointId } of state.completed) this.#verify(checkpointId);
  }

  /** Nothing more will happen. */
  end(): void {
    const { state, status } = this.#job;
    this.check(this.#job.hasEnded, `it hangs: ${describe(state)}`);
    for (const [requestId, answer] of this.#answers) {
      this.check(answer !== null, `request ${requestId} was never answered`);
      if (answer?.isCompleted) this.#verify(answer.checkpointId);
    }
    this.check(this.#open.size === 0, `nobody is told the end of ${[...this.#open]}`);
    this.#checkDisk();
    this.#checkOutput(status === "FINISHED");
  }

  get #isExactlyOnce(): boolean {
    return this.#job.scenario.checkpointing.mode === "EXACTLY_ONCE";
  }

  #restart(checkpointId: number | null): void {
    this.restarts += 1;
    this.#restartsOfProcess += 1;
    this.#isStopping = false;
    const isNewest = (checkpointId ?? 0) >= this.#lastNotified;
    this.check(isNewest, `restart from ${checkpointId}, ${this.#lastNotified} is complete`);
    const { restartStrategy } = this.#job.scenario;
    const attempts =
      restartStrategy.kind === "none"
        ? 0
        : restartStrategy.kind === "fixed-delay"
          ? restartStrategy.attempts
          : Number.POSITIVE_INFINITY;
    this.check(this.#restartsOfProcess <= attempts, `restart ${this.#restartsOfProcess}`);
  }

  #begin(action: Extract<Action, { kind: "begin-checkpoint" }>, before: State): void {
    const { checkpointId, type } = action;
    const last = Math.max(this.#lastId, this.#lastNotified);
    this.check(checkpointId > last, `checkpoint ${checkpointId} begins after ${last}`);
    this.#lastId = checkpointId;
    this.#open.add(checkpointId);
    const { minPauseMs } = this.#job.scenario.checkpointing;
    const pauseMs = this.#job.scheduler.nowMs - (this.#lastNotifiedMs ?? -minPauseMs);
    const isFinal = [...before.subtasks.values()].every(({ phase }) =>
      ["waiting", "finished"].includes(phase),
    );
    const isSpaced = type === "savepoint" || isFinal || before.due === "final";
    if (!isSpaced && pauseMs < minPauseMs) {
      // The event itself may have been what made it the last one.
      const now = [...this.#job.state.subtasks.values()];
      const isLast = now.every(({ phase }) => ["waiting", "finished"].includes(phase));
      this.check(isLast, `checkpoint ${checkpointId} begins ${pauseMs} ms after the last one`);
    }
  }

  #complete(checkpointId: number): void {
    this.check(this.#manifest(checkpointId) !== null, `${checkpointId} has no durable manifest`);
    this.check(checkpointId > this.#lastNotified, `${checkpointId} is complete after a later one`);
    this.#lastNotified = checkpointId;
    if (this.#manifest(checkpointId)?.type === "savepoint") {
      this.stopSavepoint = checkpointId;
      this.#isStopping = true;
      return;
    }
    this.completions += 1;
    this.#lastNotifiedMs = this.#job.scheduler.nowMs;
  }

  #discard(checkpointId: number): void {
    this.check(!this.#discarded.has(checkpointId), `${checkpointId} is deleted twice`);
    this.#discarded.add(checkpointId);
    const isKept = this.#job.state.completed.some((kept) => kept.checkpointId === checkpointId);
    this.check(!isKept, `${checkpointId} is deleted and kept`);
  }

  #isNeeded(file: string): boolean {
    return this.#job.state.completed.some(({ checkpointId }) =>
      [...(this.#manifest(checkpointId)?.states.values() ?? [])].includes(file),
    );
  }

  /** Counted afresh: were there really more failures than the strategy bears? */
  #failed(before: State): void {
    const { restartStrategy } = this.#job.scenario;
    const failures = this.#job.state.failures;
    this.check(failures.at(-1)?.restartDelayMs === null, "it fails although it may restart");
    const earlier = before.failures.filter(({ restartDelayMs }) => restartDelayMs !== null).length;
    if (restartStrategy.kind === "fixed-delay") {
      const { attempts } = restartStrategy;
      this.check(earlier >= attempts, `failed after ${earlier} of ${attempts} restarts`);
    }
    this.check(restartStrategy.kind !== "exponential-delay", "it never gives up");
  }

  #manifest(checkpointId: number): Manifest | null {
    return (this.#job.disk.read(`${checkpointId}/manifest`) ?? null) as Manifest | null;
  }

  /** All of it is on disk, and of every subtask. */
  #verify(checkpointId: number): void {
    const manifest = this.#manifest(checkpointId);
    this.check(manifest !== null, `the manifest of ${checkpointId} is gone`);
    for (const id of this.#job.scenario.topology.keys()) {
      const file = manifest?.states.get(id);
      this.check(file !== undefined, `${checkpointId} lacks ${id}`);
      const isWhole = file === null || this.#job.disk.read(file ?? "") !== undefined;
      this.check(isWhole, `${file} of checkpoint ${checkpointId} is gone`);
    }
  }

  #checkDisk(): void {
    const kept = new Set(this.#job.state.completed.map(({ checkpointId }) => checkpointId));
    for (const path of this.#job.disk.paths) {
      const id = Number(path.split("/")[0]);
      const isSavepoint = this.#manifest(id)?.type === "savepoint";
      this.check(kept.has(id) || isSavepoint, `${path} is left over`);
    }
  }

  #checkOutput(hasFinished: boolean): void {
    const { sources, recordCount } = this.#job.scenario;
    for (const source of sources) {
      const records = [...this.#committed.values()]
        .map(({ record }) => record)
        .filter((record) => record.source === source);
      const isWhole = hasFinished && !this.#isStopping;
      if (isWhole) this.check(records.length === recordCount, `records of ${source} are lost`);
      if (hasFinished) this.#checkNumbers(source, records);
    }
  }

  /** No gaps: in what the source emitted, and in what each operator counted. */
  #checkNumbers(source: SubtaskId, records: readonly SimRecord[]): void {
    const isGapless = (numbers: readonly number[]) =>
      [...numbers].sort((a, b) => a - b).every((number, index) => number === index + 1);
    this.check(isGapless(records.map(({ number }) => number)), `${source}: records are missing`);
    if (!this.#isExactlyOnce) return;
    const operators = new Set(records.flatMap(({ seen }) => seen?.by ?? []));
    for (const operator of operators) {
      const counts = records.flatMap(({ seen }) => (seen?.by === operator ? seen.count : []));
      this.check(isGapless(counts), `${operator} counted records of ${source} wrongly`);
    }
  }
}

function describe(state: State): string {
  const subtasks = [...state.subtasks].map(
    ([id, { phase, attempt }]) => `${id}#${attempt} ${phase}`,
  );
  const pending = [...state.pending.values()].map(
    ({ checkpointId, phase }) => `${checkpointId} ${phase}`,
  );
  const restarting = state.restarting === null ? "no" : `timer ${state.restarting.timer}`;
  return `${state.job}; ${subtasks.join(", ")}; pending ${pending.join(", ")}; restarting ${restarting}`;
}
