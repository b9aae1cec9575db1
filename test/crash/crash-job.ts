/** The exactly-once job as a process of its own, which may be killed and started again. */
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot, type StartedCli, startCli } from "../e2e/cli.ts";
import { linesIn } from "../e2e/lines-in.ts";
import { type Counts, compareLines, NO_COUNTS, sumOf } from "./counts.ts";
import { crashLine, crashRow, expectedLines, SINKS } from "./crash-rows.ts";
import type { ExactlyOnceArguments } from "./jobs/exactly-once-job.ts";

const JOB = join(projectRoot, "test/crash/jobs/exactly-once-job.ts");
const LINES_PER_FILE = 60;

export interface CrashJobOptions {
  readonly seed: number;
  readonly rows: number;
  readonly lines: number;
  readonly ratePerSecond: number;
  readonly engine: "auto" | "js";
  /** Rows at which a thread ends. */
  readonly exitAt?: readonly number[];
  readonly savepoints?: boolean;
}

export class CrashJob {
  readonly folder: string;
  readonly #options: CrashJobOptions;

  private constructor(folder: string, options: CrashJobOptions) {
    this.folder = folder;
    this.#options = options;
  }

  static async create(options: CrashJobOptions): Promise<CrashJob> {
    const folder = await mkdtemp(join(tmpdir(), "millrace-crash-"));
    await mkdir(join(folder, "input"));
    for (let first = 0; first < options.lines; first += LINES_PER_FILE) {
      const count = Math.min(LINES_PER_FILE, options.lines - first);
      const lines = Array.from({ length: count }, (_, index) =>
        crashLine(options.seed, first + index),
      );
      const name = `${String(first).padStart(6, "0")}.txt`;
      await writeFile(join(folder, "input", name), `${lines.join("\n")}\n`);
    }
    return new CrashJob(folder, options);
  }

  /** As it is now, to go on with elsewhere and differently. No process may run. */
  async copy(changes: Partial<CrashJobOptions>): Promise<CrashJob> {
    const folder = await mkdtemp(join(tmpdir(), "millrace-crash-"));
    await cp(this.folder, folder, { recursive: true });
    return new CrashJob(folder, { ...this.#options, ...changes });
  }

  /** Goes on from the latest checkpoint, if there is one. */
  start(parallelism: number, crashAt?: string): StartedCli {
    const { seed, rows, ratePerSecond, engine, exitAt = [], savepoints = false } = this.#options;
    const { folder } = this;
    const args: ExactlyOnceArguments = {
      ...{ folder, seed, rows, ratePerSecond, savepoints },
      exitAtMs: exitAt.map((index) => crashRow(seed, index)[3]),
    };
    return startCli(
      [
        ...["run", JOB, "-p", `${parallelism}`, "--engine", engine],
        ...["--checkpoint-dir", join(folder, "checkpoints"), "--restore", "latest"],
        ...["--", JSON.stringify(args)],
      ],
      crashAt === undefined ? {} : { MILLRACE_CRASH_AT: crashAt },
    );
  }

  /** What readers see, against what the input says. */
  async counts(): Promise<Counts> {
    const { seed, rows, lines } = this.#options;
    const expected = expectedLines(seed, rows, lines);
    let total = NO_COUNTS;
    for (const sink of SINKS) {
      const found = await linesIn(join(this.folder, sink));
      total = sumOf(total, compareLines(expected[sink], found));
    }
    return total;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** @returns whether it was still there */
export async function killNow({ process: child, outcome }: StartedCli): Promise<boolean> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  await outcome;
  return child.signalCode === "SIGKILL";
}
