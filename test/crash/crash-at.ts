/** A job that has crashed once, goes on, crashes at a point, and goes on to its end. */

import type { Counts } from "./counts.ts";
import { CrashJob, killNow } from "./crash-job.ts";

export interface CrashAtResult extends Counts {
  /** Whether the job came to the point as often; it has ended without otherwise. */
  readonly isReached: boolean;
}

/** At their rate they take longer than some checkpoints, on a busy machine too. */
const ROWS = 2400;
const RATE_PER_SECOND = 1200;
/** Of threads before and behind each crash: their number changes with every start. */
const PARALLELISMS = [2, 1, 3] as const;

/** A job to be copied: killed in the middle, with something to be restored and to be committed. */
export async function prepareCrashed(engine: "auto" | "js", seed: number): Promise<CrashJob> {
  const options = { seed, engine, rows: ROWS, lines: 240, ratePerSecond: RATE_PER_SECOND };
  const job = await CrashJob.create(options);
  const { code, stderr } = await job.start(PARALLELISMS[0], "notify/before:1").outcome;
  if (code !== null) throw new Error(`it was to be killed, and ended with ${code}: ${stderr}`);
  return job;
}

/** @param hit the how-manieth time that a thread comes there */
export async function crashAt(
  prepared: CrashJob,
  point: string,
  hit: number,
): Promise<CrashAtResult> {
  // It takes savepoints, and loses a thread.
  const job = await prepared.copy({ savepoints: true, exitAt: [Math.floor(ROWS * 0.6)] });
  try {
    const crashed = job.start(PARALLELISMS[1], `${point}:${hit}`);
    const { code } = await crashed.outcome;
    if (code !== null && code !== 0) throw await failureOf(crashed, "crash");
    if (code === null) {
      const last = job.start(PARALLELISMS[2]);
      if ((await last.outcome).code !== 0) throw await failureOf(last, "end");
    }
    return { ...(await job.counts()), isReached: code === null };
  } finally {
    await job.remove();
  }
}

async function failureOf(started: ReturnType<CrashJob["start"]>, wanted: string): Promise<Error> {
  await killNow(started);
  const { code, stdout, stderr } = await started.outcome;
  return new Error(`it was to ${wanted}, and ended with ${code}: ${stdout}${stderr}`);
}
