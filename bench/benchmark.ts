/** What a benchmark is: cases, each with variants of ours and baselines that must give the same answer. */

/** One timed run. */
export interface Measurement {
  /** Wall ms of the work alone: inputs are built beforehand. */
  readonly ms: number;
  /** CPU seconds of the whole process (or child) during the run; null = not measurable. */
  readonly cpuSeconds: number | null;
  /** Digest of the result; equal for all variants of a case. */
  readonly answer: string;
}

export interface Variant {
  readonly name: string;
  /** Baselines are what ours are compared with. */
  readonly isBaseline: boolean;
  run(): Promise<Measurement> | Measurement;
}

export interface Case {
  readonly name: string;
  /** Rows (or words, or bytes: `unit`) one run works through; of starts there is one, and its time is shown. */
  readonly rows: number;
  readonly unit: "rows" | "words" | "bytes" | "starts";
  /** Timed runs of each variant, after one warm-up. */
  readonly repeats: number;
  readonly variants: readonly Variant[];
  dispose?(): Promise<void> | void;
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  /** What the numbers do not show. */
  readonly notMeasured: string;
  /** Builds the inputs; `rows` scales every case (null = the case's own size). */
  cases(rows: number | null): AsyncIterable<Case>;
}

/** A benchmark whose figures are no rates: it makes a table of its own. */
export interface TableBenchmark {
  readonly name: string;
  readonly about: string;
  /** What the numbers do not show. */
  readonly notMeasured: string;
  readonly columns: readonly string[];
  rows(options: TableOptions): AsyncIterable<TableRow>;
}

/** null = the benchmark's own. */
export interface TableOptions {
  readonly warmUpSeconds: number | null;
  readonly seconds: number | null;
}

export interface TableRow {
  /** One per column. */
  readonly cells: readonly string[];
  /** The same for programs. */
  readonly figures: Readonly<Record<string, unknown>>;
  /** Whether the results were the expected ones. */
  readonly isRight: boolean;
}

/** Times `work`: wall and CPU of this process, all threads. */
export async function measure(work: () => Promise<string> | string): Promise<Measurement> {
  const cpuBefore = process.cpuUsage();
  const start = process.hrtime.bigint();
  const answer = await work();
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  const cpu = process.cpuUsage(cpuBefore);
  return { ms, cpuSeconds: (cpu.user + cpu.system) / 1e6, answer };
}
