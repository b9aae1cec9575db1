/** What checkpoints cost a job with a large state: rows per second, and bytes written. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { submitJob } from "../control/index.ts";
import type { TableBenchmark, TableRow } from "./benchmark.ts";
import { answerText } from "./jobs/answer-sink.ts";
import { keyValueInput } from "./jobs/bench-input.ts";
import { type KeyValueColumns, RowRandom } from "./random.ts";

const JOB = new URL("./jobs/checkpoint-job.js", import.meta.url);
const VARIANTS = ["none", "incremental", "full"] as const;
type Variant = (typeof VARIANTS)[number];

const KEYS = 16_000_000;
/** Of the keys, in each stretch of rows; a stretch takes about a second. */
const CHANGING = 0.01;
const STRETCH_ROWS = 10_000_000;
const STRETCHES = 6;
const ROUNDS = 2;
const MIB = 1024 * 1024;

export const checkpoint: TableBenchmark = {
  name: "checkpoint",
  about: `${KEYS / 1e6} M keys in a keyed sum (about 1 GiB of tables), put in once each; then ${STRETCHES} stretches of ${STRETCH_ROWS / 1e6} M rows, each over another ${CHANGING * 100} % of the keys; and the same over all keys ("uniform"). 2 workers, a checkpoint every second into a folder. Ratio: rows/s against the same job without checkpoints, medians of ${ROUNDS} interleaved runs. MiB: what each checkpoint wrote, the largest (all of the state) and the median of the others.`,
  notMeasured:
    "how long single rows waited; what the disk still had to write when a job had ended, but for what was synced.",
  columns: [
    "case",
    "checkpoints",
    "rows/s",
    "ratio",
    "taken",
    "largest MiB",
    "others MiB",
    "peak RSS MiB",
    "equal",
  ],
  async *rows() {
    for (const changing of [CHANGING, 1]) {
      keyValueInput.set(columns(changing));
      try {
        yield* runCase(changing === 1 ? "uniform" : "1 % change");
      } finally {
        keyValueInput.set(undefined);
      }
    }
  },
};

interface Run {
  readonly ms: number;
  readonly answer: string;
  /** By checkpoint. */
  readonly bytes: readonly number[];
  readonly peakRssBytes: number;
}

async function* runCase(name: string): AsyncGenerator<TableRow> {
  const runs = new Map<Variant, Run[]>(VARIANTS.map((variant) => [variant, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const variant of VARIANTS) runs.get(variant)?.push(await run(variant));
  }
  const rows = KEYS + STRETCHES * STRETCH_ROWS;
  const rateOf = (variant: Variant): number =>
    median((runs.get(variant) ?? []).map(({ ms }) => (rows / ms) * 1000));
  const answers = new Set([...runs.values()].flat().map(({ answer }) => answer));
  for (const variant of VARIANTS) {
    const own = runs.get(variant) ?? [];
    const ratio = rateOf(variant) / rateOf("none");
    const bytes = own.flatMap((one) => one.bytes).sort((a, b) => a - b);
    const largest = (bytes.at(-1) ?? 0) / MIB;
    const others = median(bytes.slice(0, -1)) / MIB;
    const rss = Math.max(...own.map(({ peakRssBytes }) => peakRssBytes)) / MIB;
    const figures = {
      rowsPerSecond: rateOf(variant),
      ratio,
      checkpoints: bytes.length,
      largest,
      others,
      rss,
    };
    const cells = [
      ...[name, variant, `${(rateOf(variant) / 1e6).toFixed(2)} M`, ratio.toFixed(2)],
      ...[String(bytes.length), largest.toFixed(0), others.toFixed(1), rss.toFixed(0)],
    ];
    yield {
      cells: [...cells, answers.size === 1 ? "yes" : "NO"],
      figures,
      isRight: answers.size === 1,
    };
  }
}

async function run(variant: Variant): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-checkpoint-"));
  try {
    const client = await submitJob(JOB, {
      args: [variant, folder],
      options: {
        parallelism: 2,
        slots: 2,
        memoryPerSlot: "4 GiB",
        incrementalCheckpoints: variant === "incremental",
      },
    });
    const files = new Map<string, number>();
    let peakRssBytes = 0;
    const look = async (): Promise<void> => {
      peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
      await addStateFiles(folder, files);
    };
    const timer = setInterval(() => void look(), 50);
    const result = await client.getJobExecutionResult().finally(() => clearInterval(timer));
    const count = (name: string) => result.getAccumulatorResult<number>(name) ?? 0;
    const answer = answerText(count("rows"), count("digest"));
    return { ms: result.getNetRuntime(), answer, bytes: byCheckpoint(files), peakRssBytes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sizes of state files of whole checkpoints, by name. */
async function addStateFiles(folder: string, files: Map<string, number>): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      if (!/^chk-\d+$/.test(name)) continue;
      for (const file of await readdir(join(folder, name))) {
        if (file.endsWith(".state")) files.set(file, (await stat(join(folder, name, file))).size);
      }
    }
  } catch {
    // It goes while it is looked at.
  }
}

/** Names of state files end in the checkpoint that wrote them. */
function byCheckpoint(files: ReadonlyMap<string, number>): readonly number[] {
  const bytes = new Map<string, number>();
  for (const [file, size] of files) {
    const checkpointId = /-(\d+)\.state$/.exec(file)?.[1] ?? "";
    bytes.set(checkpointId, (bytes.get(checkpointId) ?? 0) + size);
  }
  return [...bytes.values()];
}

function columns(changing: number): KeyValueColumns {
  const rows = KEYS + STRETCHES * STRETCH_ROWS;
  const keys = new BigInt64Array(new SharedArrayBuffer(rows * 8));
  const values = new BigInt64Array(new SharedArrayBuffer(rows * 8));
  // Low words: the numbers are small and not negative.
  const keyWords = new Int32Array(keys.buffer);
  const valueWords = new Int32Array(values.buffer);
  const count = Math.floor(KEYS * changing);
  const random = new RowRandom();
  for (let row = 0; row < rows; row++) {
    valueWords[2 * row] = 1;
    if (row < KEYS) {
      keyWords[2 * row] = row;
      continue;
    }
    random.at(row);
    const stretch = Math.floor((row - KEYS) / STRETCH_ROWS);
    keyWords[2 * row] = ((stretch * count) % KEYS) + (random.high % count);
  }
  return { keys, values };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
