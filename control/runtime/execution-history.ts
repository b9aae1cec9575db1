/** Which states a job and the attempts of its subtasks have been in, and since when. Times are ms since the epoch. */
import type { WireError } from "../../dataplane/protocol/errors.ts";
import type { SubtaskId } from "../checkpoint/topology.ts";
import { type ExecutionState, isEndState } from "../common/execution-state.ts";
import type { JobStatus } from "../common/job-status.ts";

export interface ExecutionAttempt {
  readonly subtask: SubtaskId;
  /** From 0. */
  readonly attempt: number;
  readonly state: ExecutionState;
  readonly times: ReadonlyMap<ExecutionState, number>;
  /** null = it has not failed. */
  readonly error: WireError | null;
}

/** Attempts in the place of which others have come, of all subtasks; older ones are forgotten. */
const EARLIER_KEPT = 256;

export class ExecutionHistory {
  readonly #now: () => number;
  readonly #jobTimes = new Map<JobStatus, number>();
  readonly #attempts = new Map<SubtaskId, ExecutionAttempt>();
  #earlier: readonly ExecutionAttempt[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** When the job became what it was, the last time. */
  get jobTimes(): ReadonlyMap<JobStatus, number> {
    return this.#jobTimes;
  }

  /** The present ones, by subtask. */
  get attempts(): ReadonlyMap<SubtaskId, ExecutionAttempt> {
    return this.#attempts;
  }

  /** Oldest first. */
  get earlierAttempts(): readonly ExecutionAttempt[] {
    return this.#earlier;
  }

  jobBecame(status: JobStatus): void {
    this.#jobTimes.set(status, this.#now());
  }

  /** Attempts that are being deployed. */
  began(attempts: Iterable<readonly [SubtaskId, number]>): void {
    const nowMs = this.#now();
    const before: readonly ExecutionState[] = ["CREATED", "SCHEDULED", "DEPLOYING"];
    for (const [subtask, attempt] of attempts) {
      const earlier = this.#attempts.get(subtask);
      if (earlier !== undefined) this.#earlier = [...this.#earlier, earlier].slice(-EARLIER_KEPT);
      const times = new Map(before.map((state) => [state, nowMs]));
      this.#attempts.set(subtask, { subtask, attempt, state: "DEPLOYING", times, error: null });
    }
  }

  /** What has ended stays as it is. */
  became(subtask: SubtaskId, state: ExecutionState, error: WireError | null = null): void {
    const known = this.#attempts.get(subtask);
    if (known === undefined || isEndState(known.state) || known.state === state) return;
    const times = new Map(known.times).set(state, this.#now());
    this.#attempts.set(subtask, { ...known, state, times, error });
  }

  /** All that were being deployed. */
  started(): void {
    for (const [subtask, { state }] of this.#attempts) {
      if (state === "DEPLOYING") this.became(subtask, "INITIALIZING");
    }
  }
}
