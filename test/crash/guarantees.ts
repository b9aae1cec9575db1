/** What is lost and repeated under kills without checkpoints, and with each mode of them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../compiler-fuzz/random.ts";
import { projectRoot, startCli } from "../e2e/cli.ts";
import { linesIn } from "../e2e/lines-in.ts";
import { type Counts, compareLines } from "./counts.ts";
import { killNow } from "./crash-job.ts";

const JOB = join(projectRoot, "test/crash/jobs/guarantees-job.ts");
const MODES = ["none", "AT_LEAST_ONCE", "EXACTLY_ONCE"] as const;
const ROWS = 1000;
const RATE_PER_SECOND = 1000;
const KILLS = 3;
/** Between the first row and the kill: short of the whole job, and longer than a few checkpoints. */
const LIFE_MS = { least: 150, spread: 150 };

export interface Guarantee {
  readonly mode: (typeof MODES)[number];
  readonly kills: number;
  /** Of a sink that writes at once. */
  readonly plain: Counts;
  /** Of a FileSink. */
  readonly exact: Counts;
}

export async function countGuarantees(seed: number): Promise<readonly Guarantee[]> {
  const found: Guarantee[] = [];
  for (const mode of MODES) found.push(await countMode(mode, new Random(seed)));
  return found;
}

export function guaranteeTable(guarantees: readonly Guarantee[]): string {
  const rows = guarantees.map(({ mode, kills, plain, exact }) =>
    [
      ...[mode.padEnd(14), `${kills}`.padStart(5)],
      ...[plain.lost, plain.duplicated, exact.lost, exact.duplicated].map((count) =>
        `${count}`.padStart(14),
      ),
    ].join(" "),
  );
  const head = ["plain lost", "plain repeated", "FileSink lost", "repeated"];
  const title = ["checkpointing ", "kills", ...head.map((text) => text.padStart(14))].join(" ");
  return [title, ...rows].join("\n");
}

async function countMode(mode: Guarantee["mode"], random: Random): Promise<Guarantee> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-guarantee-"));
  const place = ["--checkpoint-dir", join(folder, "checkpoints"), "--restore", "latest"];
  const start = () =>
    startCli([
      ...["run", JOB, "-p", "2", ...(mode === "none" ? [] : place)],
      ...["--", folder, `${ROWS}`, `${RATE_PER_SECOND}`, mode],
    ]);
  let kills = 0;
  while (kills < KILLS) {
    const started = start();
    await started.until("running\n");
    const lifeMs = LIFE_MS.least + random.below(LIFE_MS.spread);
    await new Promise((resolve) => setTimeout(resolve, lifeMs));
    if (!(await killNow(started))) throw new Error("it has ended before it was killed");
    kills += 1;
  }
  const { code, stderr } = await start().outcome;
  if (code !== 0) throw new Error(`${mode}: ended with ${code}: ${stderr}`);
  const expected = Array.from({ length: ROWS }, (_, index) => `${index}`);
  const plain = compareLines(expected, await linesIn(join(folder, "plain")));
  const exact = compareLines(expected, await linesIn(join(folder, "exact")));
  await rm(folder, { recursive: true, force: true });
  return { mode, kills, plain, exact };
}
