/** One seed: faults while there are some left, then nothing but what makes the job end. */
import type { Bug } from "./bugs.ts";
import { Violation } from "./oracle.ts";
import { SimJob } from "./sim-job.ts";

/** Far above what any seed needs. */
const STEPS_MAX = 50_000;

export interface SimRun {
  readonly status: string;
  readonly steps: number;
  readonly faults: number;
  readonly restarts: number;
  readonly completions: number;
}

/** Throws a Violation. */
export function runSeed(seed: number, bug: Bug | null = null): SimRun {
  const job = new SimJob(seed, bug);
  const { scheduler, scenario } = job;
  let faults = 0;
  let steps = 0;
  const cancelStep = scenario.isCanceled ? scheduler.between(0, 300) : -1;
  while (!job.hasEnded && steps < STEPS_MAX) {
    steps += 1;
    if (steps === cancelStep) job.cancel();
    if (faults < scenario.faults && scheduler.isLikely(scenario.faultRate)) {
      faults += 1;
      injectFault(job);
    }
    if (scheduler.isLikely(scenario.savepointRate)) job.requestSavepoint();
    if (!job.step()) break;
    job.oracle.invariants();
  }
  job.drain();
  job.oracle.end();
  const { restarts, completions } = job.oracle;
  return { status: job.status ?? "", steps, faults, restarts, completions };
}

function injectFault(job: SimJob): void {
  const { scheduler, disk } = job;
  const kind = scheduler.prng.nextInt(9);
  if (kind <= 1) job.crashSubtask();
  else if (kind === 2) job.crashSlot();
  else if (kind === 3) job.hangSubtask();
  else if (kind === 4) job.crashProcess();
  else if (kind === 5) job.failGlobally();
  else if (kind === 6) disk.failuresToCome = scheduler.between(1, 4);
  else if (kind === 7) disk.slowUntilMs = scheduler.nowMs + scheduler.between(1, 60);
  else scheduler.nowMs += 3_600_000; // The machine slept.
}

/** What a seed broke, with its number; null = nothing. */
export function violationOf(seed: number, bug: Bug | null = null): string | null {
  const run = tryRun(seed, bug);
  return typeof run === "string" ? run : null;
}

/** The run, or what it broke. */
export function tryRun(seed: number, bug: Bug | null = null): SimRun | string {
  try {
    return runSeed(seed, bug);
  } catch (error) {
    if (error instanceof Violation) return `seed ${seed}: ${error.message}`;
    throw error;
  }
}
