/** Keyed sum over a hash exchange, against a JavaScript loop with a Map and a plain C loop. */
import { type Benchmark, type Case, measure, type Variant } from "./benchmark.ts";
import { CProgram } from "./c-program.ts";
import { answerText, rowDigest } from "./jobs/answer-sink.ts";
import { keyValueInput } from "./jobs/bench-input.ts";
import { type KeyValueColumns, keyValueColumns, RowRandom } from "./random.ts";
import { jobVariant } from "./run-job.ts";

const JOB = new URL("./jobs/keyed-sum-job.js", import.meta.url);

interface KeyValueRow {
  readonly key: number;
  readonly value: number;
}

interface Shape {
  readonly name: string;
  /** Rows of the input, and how often it is read. */
  readonly rows: number;
  readonly passes: number;
  readonly keys: number;
}

const SHAPES: readonly Shape[] = [
  { name: "10k keys", rows: 8_000_000, passes: 12, keys: 10_000 },
  { name: "1m keys", rows: 8_000_000, passes: 12, keys: 1_000_000 },
];

export const keyedSum: Benchmark = {
  name: "keyed-sum",
  about:
    "Sum per key of (LONG, LONG) rows: columns in memory, keyed sum behind a hash exchange, final sums (BATCH); 2 workers. Rows of a key are folded before the exchange where keys repeat, so few rows cross it: at 10k keys in a table that fits the caches, at 1m keys in one of 64 MiB. Both read 96 M rows: shorter runs are slower per row, see README. lambdas: the same with functions for records, key and result; fields: the built-in selectors. plain-js: one thread, row objects, Map; c: one thread, arrays, open addressing.",
  notMeasured:
    "thread start, bundling and kernel compilation (the clock runs from the start of the subtasks); building the input.",
  async *cases(rows) {
    for (const shape of SHAPES) yield columnsCase({ ...shape, rows: rows ?? shape.rows });
    yield lambdasCase({
      name: "10k keys, lambdas",
      rows: rows ?? 8_000_000,
      passes: 12,
      keys: 10_000,
    });
    yield engineCase({
      name: "10k keys, engines",
      rows: rows ?? 8_000_000,
      passes: 1,
      keys: 10_000,
    });
    yield generatorCase({
      name: "10k keys, generator",
      rows: rows ?? 4_000_000,
      passes: 1,
      keys: 10_000,
    });
  },
};

function columnsCase({ name, rows, passes, keys }: Shape): Case {
  const columns = keyValueColumns(rows, keys);
  keyValueInput.set(columns);
  const objects = rowObjects(columns);
  const c = CProgram.compile("keyed-sum.c");
  return {
    name,
    rows: rows * passes,
    unit: "rows",
    repeats: 3,
    variants: [
      ours("2 workers", 2, "auto", ["columns", String(passes)]),
      ours("1 worker", 1, "auto", ["columns", String(passes)]),
      { name: "plain-js", isBaseline: true, run: () => measure(() => sumObjects(objects, passes)) },
      ...(c === null
        ? []
        : [{ name: "c", isBaseline: true, run: () => c.run([rows, keys, passes]) }]),
    ],
    dispose() {
      keyValueInput.set(undefined);
      c?.dispose();
    },
  };
}

/** The same job with the user's functions for fields: records with names, and a function for the key. */
function lambdasCase({ name, rows, passes, keys }: Shape): Case {
  keyValueInput.set(keyValueColumns(rows, keys));
  return {
    name,
    rows: rows * passes,
    unit: "rows",
    repeats: 3,
    variants: [
      ours("lambdas", 2, "auto", ["lambdas", String(passes)]),
      { ...ours("fields", 2, "auto", ["columns", String(passes)]), isBaseline: true },
    ],
    dispose: () => keyValueInput.set(undefined),
  };
}

/** The same job with its aggregate in JavaScript, which is too slow for as many rows. */
function engineCase({ name, rows, keys }: Shape): Case {
  keyValueInput.set(keyValueColumns(rows, keys));
  return {
    name,
    rows,
    unit: "rows",
    repeats: 3,
    variants: [
      ours("2 workers", 2, "auto", ["columns", "1"]),
      { ...ours("engine-js", 2, "js", ["columns", "1"]), isBaseline: true },
    ],
    dispose: () => keyValueInput.set(undefined),
  };
}

/** The generator runs in the job, and in the loop of the baseline. */
function generatorCase({ name, rows, keys }: Shape): Case {
  const args = ["generator", String(rows), String(keys)];
  return {
    name,
    rows,
    unit: "rows",
    repeats: 3,
    variants: [
      ours("2 workers", 2, "auto", args),
      { name: "plain-js", isBaseline: true, run: () => measure(() => sumGenerated(rows, keys)) },
    ],
  };
}

function ours(
  name: string,
  workers: number,
  engine: "auto" | "js",
  args: readonly string[],
): Variant {
  return jobVariant({ name, module: JOB, args: args, workers, engine });
}

function rowObjects({ keys, values }: KeyValueColumns): KeyValueRow[] {
  const keyWords = new Int32Array(keys.buffer);
  const valueWords = new Int32Array(values.buffer);
  const rows: KeyValueRow[] = [];
  for (let row = 0; row < keys.length; row++) {
    rows.push({ key: keyWords[2 * row] ?? 0, value: valueWords[2 * row] ?? 0 });
  }
  return rows;
}

function sumObjects(rows: readonly KeyValueRow[], passes: number): string {
  const sums = new Map<number, number>();
  for (let pass = 0; pass < passes; pass++) {
    for (const { key, value } of rows) sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return digestOf(sums);
}

function sumGenerated(rows: number, keyCount: number): string {
  const random = new RowRandom();
  const sums = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    random.at(row);
    const { key, value } = { key: random.high % keyCount, value: random.low & 1023 };
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return digestOf(sums);
}

function digestOf(sums: ReadonlyMap<number, number>): string {
  let digest = 0;
  for (const [key, sum] of sums) digest = (digest + rowDigest(key, sum)) | 0;
  return answerText(sums.size, digest);
}
