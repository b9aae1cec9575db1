/**
 * The loop of one worker thread: each subtask in turn, a slice of work each, then mail and whatever else
 * the event loop has, then again; sleep when no subtask can get on. Commands come in by event handlers,
 * that is, only between rounds.
 */
import { setImmediate as nextRound } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import type { Sleeper } from "./sleeper.ts";

/** What the loop runs. Others may take the place of subtasks that have ended. */
export interface Workload {
  readonly subtasks: readonly Steppable[];
  /** All have ended, and no more will come. */
  readonly isOver: boolean;
}

/** No call waits. */
export interface Steppable {
  /** Nothing is left to do, for ever. */
  readonly isEnded: boolean;
  /** Monotonic ms at which step() will have something to do; Infinity = unknown. */
  dueAt(nowMs: number): number;
  /** Whether step() would get on. */
  canAdvance(nowMs: number): boolean;
  /** Asks other threads to wake this one when canAdvance() changes. */
  askToBeWoken(): void;
  /** Does a bounded amount of work. Never throws. */
  step(): void;
}

/** Counters in shared memory are brought up to date at least this often. */
const MAX_SLEEP_MS = 1000;

/** ms a subtask may work before the next one, and before commands and the event loop have their turn. */
const SLICE_MS = 0.3;

export async function runMailboxLoop(
  workload: Workload,
  sleeper: Sleeper,
  clock: Clock,
): Promise<void> {
  while (!workload.isOver) {
    for (const subtask of workload.subtasks) runSlice(subtask, clock);
    await nextRound();
    const { subtasks } = workload;
    if (canAnyAdvance(subtasks, clock) || spin(subtasks, sleeper.spinMs, clock)) continue;
    await sleepIfIdle(workload, sleeper, clock);
  }
}

/** One step, and more of them while there is work and time left. */
function runSlice(subtask: Steppable, clock: Clock): void {
  if (subtask.isEnded) return;
  const end = clock.monotonic() + SLICE_MS;
  for (;;) {
    subtask.step();
    const nowMs = clock.monotonic();
    if (nowMs >= end || subtask.isEnded || !subtask.canAdvance(nowMs)) return;
  }
}

async function sleepIfIdle(workload: Workload, sleeper: Sleeper, clock: Clock): Promise<void> {
  const { subtasks } = workload;
  // In this order, or work that appears in between wakes nobody: announce, ask, look again.
  sleeper.prepare();
  for (const subtask of subtasks) subtask.askToBeWoken();
  // A subtask closes between rounds; when the last one has, nobody is left to wake this thread.
  if (!canAnyAdvance(subtasks, clock) && !workload.isOver) {
    const nowMs = clock.monotonic();
    const dueAt = Math.min(...subtasks.map((subtask) => subtask.dueAt(nowMs)));
    await sleeper.sleep(Math.min(MAX_SLEEP_MS, Math.max(0, dueAt - nowMs)));
  }
  sleeper.cancel();
}

function spin(subtasks: readonly Steppable[], spinMs: number, clock: Clock): boolean {
  const end = clock.monotonic() + spinMs;
  while (clock.monotonic() < end) {
    if (canAnyAdvance(subtasks, clock)) return true;
  }
  return false;
}

function canAnyAdvance(subtasks: readonly Steppable[], clock: Clock): boolean {
  const nowMs = clock.monotonic();
  return subtasks.some((subtask) => !subtask.isEnded && subtask.canAdvance(nowMs));
}
