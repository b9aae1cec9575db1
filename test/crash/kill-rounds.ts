/** Jobs that are killed at moments nobody has chosen, again and again, until they come to their end. */
import { Random } from "../compiler-fuzz/random.ts";
import { type Counts, isExact, NO_COUNTS, sumOf } from "./counts.ts";
import { CrashJob, killNow } from "./crash-job.ts";

export interface KillTotals extends Counts {
  readonly rounds: number;
  /** Of processes in which rows were on their way. */
  readonly kills: number;
  /** Of processes that were still getting ready. */
  readonly killsAtStart: number;
  /** Threads that ended themselves, by the user's code. */
  readonly threadsEnded: number;
}

export const NO_KILLS: KillTotals = {
  ...NO_COUNTS,
  rounds: 0,
  kills: 0,
  killsAtStart: 0,
  threadsEnded: 0,
};

/** Rows keep coming for some 2.5 s. */
const ROWS = 3000;
const RATE_PER_SECOND = 1200;
const LINES = 1200;
const PARALLELISM_MAX = 3;
/** Of starts, those that are killed before there are rows. */
const AT_START = 0.15;
const START_MS = 1200;
/** A process that is running has so long to live, at most. */
const LIFE_MS = 350;

/** One job from its beginning to its end, with at most `killsMax` kills while it runs. */
export async function killRound(seed: number, killsMax: number): Promise<KillTotals> {
  const random = new Random(seed);
  const exitAt = [random.below(ROWS / 2), ROWS / 2 + random.below(ROWS / 2)];
  const job = await CrashJob.create({
    ...{ seed, rows: ROWS, lines: LINES, ratePerSecond: RATE_PER_SECOND },
    ...{ engine: seed % 2 === 0 ? "js" : "auto", exitAt, savepoints: random.chance(0.3) },
  });
  let [kills, killsAtStart] = [0, 0];
  for (;;) {
    const started = job.start(1 + random.below(PARALLELISM_MAX));
    const isLast = kills >= killsMax;
    const isAtStart = !isLast && random.chance(AT_START);
    const running = started.until("running\n").then(
      () => true,
      () => false,
    );
    if (isAtStart) await Promise.race([after(random.below(START_MS)), running]);
    else if ((await running) && !isLast) {
      await Promise.race([after(random.below(LIFE_MS)), started.outcome]);
    }
    const wasRunning = isAtStart ? false : await running;
    if (!isLast && (await killNow(started))) {
      if (wasRunning) kills += 1;
      else killsAtStart += 1;
      continue;
    }
    const { code, stdout, stderr } = await started.outcome;
    if (code !== 0) throw new Error(`seed ${seed}: ended with ${code}: ${stdout}${stderr}`);
    break;
  }
  const counts = await job.counts();
  // What went wrong is left to be looked at.
  if (isExact(counts)) await job.remove();
  else console.error(`seed ${seed}, ${job.folder}: ${JSON.stringify(counts)}`);
  return { ...counts, rounds: 1, kills, killsAtStart, threadsEnded: exitAt.length };
}

export function sumOfKills(a: KillTotals, b: KillTotals): KillTotals {
  return {
    ...sumOf(a, b),
    rounds: a.rounds + b.rounds,
    kills: a.kills + b.kills,
    killsAtStart: a.killsAtStart + b.killsAtStart,
    threadsEnded: a.threadsEnded + b.threadsEnded,
  };
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
