/** Programs for tests of the service, as whoever uploads them would write them, and a dispatcher for them. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dispatcher, type DispatcherOptions } from "../../control/cluster/dispatcher.ts";
import type { JobRecord } from "../../control/cluster/records.ts";
import { systemClock } from "../../control/common/clock.ts";

const HEAD = `
import { StreamExecutionEnvironment, DataGeneratorSource, WatermarkStrategy, DiscardingSink, FileSink, SimpleStringEncoder, RestartStrategies } from "millrace";
const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setParallelism(1);
const endless = (rate) => env.fromSource(
  new DataGeneratorSource((index) => index, Infinity, { ratePerSecond: rate }),
  WatermarkStrategy.noWatermarks(), "endless");
`;

/** Files by the name they are uploaded under. */
const PROGRAMS = {
  /** Words to standard output; ends by itself. */
  "words.mjs": `env.fromElements("a", "b", ...process.argv.slice(2)).map((w) => w + "!").print(); await env.execute("words");`,
  /** Runs until it is canceled. */
  "endless.mjs": `endless(200).map((n) => n + 1).sinkTo(new DiscardingSink()); await env.execute("endless");`,
  /** A function that never returns; the thread of a slot is busy for ever. */
  "spins.mjs": `env.fromElements(1).map((n) => { for (;;) n += 1; }).sinkTo(new DiscardingSink()); await env.execute("spins");`,
  /** Blocks the main thread of its process, with a job running. */
  "blocks.mjs": `endless(10).sinkTo(new DiscardingSink()); const client = await env.executeAsync("blocks"); setImmediate(() => { for (;;) ; }); await client.getJobExecutionResult();`,
  "exits.mjs": `endless(10).sinkTo(new DiscardingSink()); await env.executeAsync("exits"); process.exit(7);`,
  "aborts.mjs": `endless(10).sinkTo(new DiscardingSink()); await env.executeAsync("aborts"); process.abort();`,
  /** Takes memory outside the JavaScript heap. */
  "hoards.mjs": `endless(10).sinkTo(new DiscardingSink()); await env.executeAsync("hoards"); const kept = []; setInterval(() => kept.push(Buffer.alloc(64 << 20, 1)), 5);`,
  "throws.mjs": `throw new RangeError("before any job");`,
  "waits.mjs": `await new Promise((resolve) => setTimeout(resolve, 1e9));`,
  "no-job.mjs": `env.fromElements(1).print();`,
  "two.mjs": `env.fromElements(1).print(); const first = await env.execute("first"); endless(100).map((n) => n).sinkTo(new DiscardingSink()); await env.execute("second after " + first.jobName);`,
  /** Ends the hard way twice, and then by itself. */
  "restarts.mjs": `
import { existsSync, writeFileSync } from "node:fs";
env.setRestartStrategy(RestartStrategies.fixedDelayRestart(2, 10));
env.fromElements(1).print();
const client = await env.executeAsync("restarts");
for (const turn of [1, 2]) {
  const mark = process.argv[2] + turn;
  if (!existsSync(mark)) { writeFileSync(mark, ""); process.exit(3); }
}
await client.getJobExecutionResult();`,
  /**
   * Writes the numbers below its second argument to files in its first, once each, whatever happens to it: slowly
   * until there is a file `<folder>.fast`.
   */
  "exact.mjs": `
import { existsSync } from "node:fs";
env.enableCheckpointing(50);
env.setRestartStrategy(RestartStrategies.fixedDelayRestart(100, 10));
const [folder, count] = process.argv.slice(2);
env.fromSource(
  new DataGeneratorSource((index) => index, Number(count), { ratePerSecond: existsSync(folder + ".fast") ? 1e6 : 50 }),
  WatermarkStrategy.noWatermarks(), "numbers")
  .map((n) => String(n))
  .sinkTo(FileSink.forRowFormat(folder, new SimpleStringEncoder()).build());
await env.execute("exact");`,
  "fails.mjs": `env.fromElements(1, 2).map((n) => { if (n === 2) throw new RangeError("two is too many"); return n; }).print(); await env.execute("fails");`,
} as const;

export type ProgramName = keyof typeof PROGRAMS;

/** Numbers in the finished files of a FileSink. */
export async function numbersIn(folder: string): Promise<number[]> {
  const paths = await readdir(folder, { recursive: true });
  const parts = paths.filter((path) => /(^|\/)part-[^/]*$/.test(path));
  const texts = await Promise.all(parts.map((path) => readFile(join(folder, path), "utf8")));
  return texts
    .flatMap((text) => text.split("\n"))
    .filter((line) => line !== "")
    .map(Number)
    .sort((a, b) => a - b);
}

/** Text of a program. */
export function programText(name: ProgramName): string {
  return HEAD + PROGRAMS[name];
}

const MIB = 1 << 20;

/** Of a service whose data directory is in a folder. */
export function dispatcherOptions(folder: string): DispatcherOptions {
  return {
    dataDirectory: join(folder, "data"),
    slots: 4,
    clock: systemClock,
    environment: process.env,
    limits: { rssBytes: 2048 * MIB, silentMs: 60_000 },
    watchMs: 100,
    progressMs: 50,
    submitTimeoutMs: 60_000,
    logBytes: 64 * MIB,
    retainedJobs: 100,
    failed: (error) => {
      throw error;
    },
  };
}

export class TestService {
  readonly folder: string;
  readonly options: DispatcherOptions;
  /** What could not be kept. */
  readonly failures: readonly unknown[];
  dispatcher: Dispatcher;

  private constructor(
    folder: string,
    options: DispatcherOptions,
    dispatcher: Dispatcher,
    failures: readonly unknown[],
  ) {
    this.folder = folder;
    this.options = options;
    this.dispatcher = dispatcher;
    this.failures = failures;
  }

  static async start(options: Partial<DispatcherOptions> = {}): Promise<TestService> {
    const folder = await mkdtemp(join(tmpdir(), "millrace-service-test-"));
    const failures: unknown[] = [];
    const all = {
      ...dispatcherOptions(folder),
      failed: (error: unknown) => void failures.push(error),
      ...options,
    };
    return new TestService(folder, all, await Dispatcher.open(all), failures);
  }

  /** Uploads a program and starts it. */
  async run(name: ProgramName, args: readonly string[] = []): Promise<string> {
    return this.dispatcher.run({ ...(await this.requestOf(name)), args });
  }

  /** @returns the path of a program's file */
  async write(name: ProgramName): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, programText(name));
    return path;
  }

  async requestOf(name: ProgramName) {
    const { jarId } = await this.dispatcher.jars.add(await this.write(name), name);
    return { jarId, entry: null, args: [], options: {}, jobId: null };
  }

  /** Settled when a job is as wished. */
  until(jobId: string, wish: (job: JobRecord) => boolean): Promise<JobRecord> {
    const { dispatcher } = this;
    return new Promise((resolve) => {
      const look = (): void => {
        const record = dispatcher.jobs.get(jobId).record;
        if (!wish(record)) return;
        stop();
        resolve(record);
      };
      const stop = dispatcher.jobs.onChange((changed) => {
        if (changed === jobId) look();
      });
      look();
    });
  }

  untilEnded(jobId: string): Promise<JobRecord> {
    return this.until(jobId, ({ outcome }) => outcome !== null);
  }

  /** Settled when it is so, looked at when jobs tell of their progress. */
  async untilProgress(wish: () => boolean): Promise<void> {
    while (!wish()) {
      await new Promise<void>((resolve) => systemClock.after(this.options.progressMs, resolve));
    }
  }

  /** The first job that is as wished. */
  untilJob(wish: (job: JobRecord) => boolean): Promise<JobRecord> {
    const { dispatcher } = this;
    return new Promise((resolve) => {
      const look = (): void => {
        const found = dispatcher.jobs.all.find(({ record }) => wish(record))?.record;
        if (found === undefined) return;
        stop();
        resolve(found);
      };
      const stop = dispatcher.jobs.onChange(look);
      look();
    });
  }

  /** A new dispatcher on the same data directory. */
  async reopen(): Promise<void> {
    this.dispatcher = await Dispatcher.open(this.options);
  }

  async close(): Promise<void> {
    await this.dispatcher.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
