/** One step of the coordinator: the state it leads to so far, and the actions it has asked for. */
import type {
  Attempt,
  CoordinatorAction,
  CoordinatorState,
  SubtaskPhase,
  SubtaskStatus,
} from "./coordinator-types.ts";
import type { Moment } from "./restart-strategy.ts";
import type { SubtaskId } from "./topology.ts";

const UNKNOWN: SubtaskStatus = { phase: "stopped", attempt: -1 };

export class Transition<S> {
  #state: CoordinatorState<S>;
  readonly #actions: CoordinatorAction<S>[] = [];
  readonly moment: Moment;

  constructor(state: CoordinatorState<S>, moment: Moment) {
    this.moment = { ...moment, nowMs: Math.max(state.nowMs, moment.nowMs) };
    this.#state = { ...state, nowMs: this.moment.nowMs };
  }

  get state(): CoordinatorState<S> {
    return this.#state;
  }

  get actions(): readonly CoordinatorAction<S>[] {
    return this.#actions;
  }

  set(change: Partial<CoordinatorState<S>>): void {
    this.#state = { ...this.#state, ...change };
  }

  emit(action: CoordinatorAction<S>): void {
    this.#actions.push(action);
  }

  /** Rings once, by a timer event with the id that is answered. */
  startTimer(delayMs: number): number {
    const timerId = this.#state.nextTimerId;
    this.set({ nextTimerId: timerId + 1 });
    this.emit({ kind: "set-timer", timerId, delayMs });
    return timerId;
  }

  stopTimer(timerId: number | null): void {
    if (timerId !== null) this.emit({ kind: "cancel-timer", timerId });
  }

  status(subtask: SubtaskId): SubtaskStatus {
    return this.#state.subtasks.get(subtask) ?? UNKNOWN;
  }

  /** Whether what comes from this attempt is of now: not of one before the last restart. */
  isCurrent({ subtask, attempt }: Attempt): boolean {
    return this.status(subtask).attempt === attempt;
  }

  setPhase(subtasks: Iterable<SubtaskId>, phase: SubtaskPhase): void {
    const changed = new Map(this.#state.subtasks);
    for (const subtask of subtasks) changed.set(subtask, { ...this.status(subtask), phase });
    this.set({ subtasks: changed });
  }

  /** Subtasks in one of these phases, in the order of the topology. */
  inPhase(...phases: readonly SubtaskPhase[]): readonly Attempt[] {
    return [...this.#state.subtasks]
      .filter(([, { phase }]) => phases.includes(phase))
      .map(([subtask, { attempt }]) => ({ subtask, attempt }));
  }

  attempts(subtasks: Iterable<SubtaskId>): readonly Attempt[] {
    return [...subtasks].map((subtask) => ({ subtask, attempt: this.status(subtask).attempt }));
  }
}
