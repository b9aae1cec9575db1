/**
 * The benchmark runner: `npm run bench -- <name> [--case text] [--json] [--rows n] [--warm-up s]
 * [--seconds s]`; --case runs those whose name has the text in it. Variants run interleaved, so that a slow minute of the machine hits all of them; a ratio is printed
 * only after their answers were found equal. Exit code 1 when answers differ.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { asyncIo } from "./async.ts";
import type {
  Benchmark,
  Case,
  Measurement,
  TableBenchmark,
  TableOptions,
  TableRow,
  Variant,
} from "./benchmark.ts";
import { bids } from "./bids.ts";
import { checkpoint } from "./checkpoint.ts";
import { examples } from "./examples.ts";
import { exchange } from "./exchange.ts";
import { keyedSum } from "./keyed-sum.ts";
import { latency } from "./latency.ts";
import { serialization } from "./serialization.ts";
import { startup } from "./startup.ts";
import { windows } from "./windows.ts";
import { wordCount } from "./word-count.ts";

const BENCHMARKS: readonly (Benchmark | TableBenchmark)[] = [
  keyedSum,
  exchange,
  serialization,
  wordCount,
  windows,
  bids,
  examples,
  asyncIo,
  startup,
  checkpoint,
  latency,
];

interface Row {
  readonly bench: string;
  readonly case: string;
  readonly variant: string;
  /** Name of the baseline the ratio is against; null for a baseline's own row. */
  readonly baseline: string | null;
  readonly rows: number;
  readonly unit: Case["unit"];
  readonly rowsPerSec: number;
  readonly cpuSeconds: number | null;
  /** Ours / baseline by median rate. */
  readonly ratio: number | null;
  /** (max - min) / median of the wall time. */
  readonly spread: number;
  readonly equal: boolean;
}

interface RunOptions extends TableOptions {
  /** In the names of cases; "" = all. */
  readonly caseText: string;
  readonly rows: number | null;
  readonly isJson: boolean;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      case: { type: "string" },
      json: { type: "boolean" },
      rows: { type: "string" },
      "warm-up": { type: "string" },
      seconds: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const names = BENCHMARKS.map((benchmark) => benchmark.name);
  if (values.help || positionals.length === 0) {
    console.log(
      `usage: npm run bench -- <${names.join("|")}> [--case text] [--json] [--rows n] [--warm-up s] [--seconds s]`,
    );
    return values.help ? 0 : 2;
  }
  const options: RunOptions = {
    caseText: values.case ?? "",
    rows: numberOf("rows", values.rows),
    warmUpSeconds: numberOf("warm-up", values["warm-up"]),
    seconds: numberOf("seconds", values.seconds),
    isJson: values.json ?? false,
  };
  let equal = true;
  for (const name of positionals) {
    const benchmark = BENCHMARKS.find((candidate) => candidate.name === name);
    if (benchmark === undefined) {
      throw new UsageError(`There is no benchmark ${name}; there are ${names.join(", ")}.`);
    }
    const isRight =
      "columns" in benchmark ? await runTable(benchmark, options) : await run(benchmark, options);
    equal &&= isRight;
  }
  return equal ? 0 : 1;
}

class UsageError extends Error {}

function numberOf(option: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  if (Number.isInteger(Number(value)) && Number(value) > 0) return Number(value);
  throw new UsageError(`--${option} takes a positive integer, not ${value}`);
}

/** @returns whether all answers were right */
async function run(benchmark: Benchmark, { caseText, rows, isJson }: RunOptions): Promise<boolean> {
  const results: Row[] = [];
  for await (const benchCase of benchmark.cases(rows)) {
    if (benchCase.name.includes(caseText)) {
      const measured = await runCase(benchmark, benchCase);
      results.push(...measured);
      if (isJson) for (const row of measured) console.log(JSON.stringify(row));
    }
    await benchCase.dispose?.();
  }
  if (!isJson) {
    print(benchmark, COLUMNS, results.map(cells));
    const note = "Medians of interleaved runs; spread = (max - min) / median.";
    if (rows === null && caseText === "")
      updateResults(benchmark, { columns: COLUMNS, rows: results.map(cells), note });
  }
  return results.every((row) => row.equal);
}

/** @returns whether all answers were right */
async function runTable(benchmark: TableBenchmark, options: RunOptions): Promise<boolean> {
  const results: TableRow[] = [];
  for await (const row of benchmark.rows(options)) {
    results.push(row);
    if (options.isJson) console.log(JSON.stringify({ bench: benchmark.name, ...row.figures }));
  }
  if (!options.isJson) {
    const { columns } = benchmark;
    const rows = results.map((row) => row.cells);
    print(benchmark, columns, rows);
    const isWhole = options.warmUpSeconds === null && options.seconds === null;
    if (isWhole) updateResults(benchmark, { columns, rows, note: "One run each." });
  }
  return results.every((row) => row.isRight);
}

async function runCase(benchmark: Benchmark, benchCase: Case): Promise<Row[]> {
  const runs = new Map<Variant, Measurement[]>(benchCase.variants.map((variant) => [variant, []]));
  for (let repeat = 0; repeat <= benchCase.repeats; repeat++) {
    for (const [variant, measurements] of runs) {
      globalThis.gc?.();
      const measurement = await variant.run();
      showProgress(
        `${benchmark.name} ${benchCase.name}: ${repeat}/${benchCase.repeats} ${variant.name}`,
      );
      // The first round warms up compilers and caches.
      if (repeat > 0) measurements.push(measurement);
    }
  }
  showProgress("");
  return toRows(benchmark, benchCase, runs);
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`);
}

function toRows(
  benchmark: Benchmark,
  benchCase: Case,
  runs: ReadonlyMap<Variant, readonly Measurement[]>,
): Row[] {
  const answers = new Set([...runs.values()].flat().map((measurement) => measurement.answer));
  const equal = answers.size === 1;
  const rates = new Map<string, number>();
  for (const [variant, measurements] of runs) {
    rates.set(variant.name, benchCase.rows / (median(measurements.map(({ ms }) => ms)) / 1000));
  }
  const baselines = benchCase.variants.filter((variant) => variant.isBaseline);
  const rows: Row[] = [];
  for (const [variant, measurements] of runs) {
    const times = measurements.map(({ ms }) => ms);
    const cpu = measurements.map(({ cpuSeconds }) => cpuSeconds ?? Number.NaN);
    const rate = rates.get(variant.name) ?? Number.NaN;
    const base = {
      bench: benchmark.name,
      case: benchCase.name,
      variant: variant.name,
      rows: benchCase.rows,
      unit: benchCase.unit,
      rowsPerSec: benchCase.unit === "starts" ? rate : Math.round(rate),
      cpuSeconds: Number.isNaN(median(cpu)) ? null : Number(median(cpu).toFixed(4)),
      spread: Number(((Math.max(...times) - Math.min(...times)) / median(times)).toFixed(3)),
      equal,
    };
    if (variant.isBaseline) {
      rows.push({ ...base, baseline: null, ratio: null });
      continue;
    }
    for (const baseline of baselines) {
      const ratio = rate / (rates.get(baseline.name) ?? Number.NaN);
      rows.push({
        ...base,
        baseline: baseline.name,
        ratio: equal ? Number(ratio.toFixed(3)) : null,
      });
    }
    if (baselines.length === 0) rows.push({ ...base, baseline: null, ratio: null });
  }
  return rows;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function formatRate({ rowsPerSec: rate, unit }: Row): string {
  if (unit === "starts") return `${(1000 / rate).toFixed(0)} ms`;
  if (rate >= 1e9) return `${(rate / 1e9).toFixed(2)} G/s`;
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(2)} M/s`;
  return `${(rate / 1e3).toFixed(1)} K/s`;
}

const COLUMNS = ["case", "variant", "rate", "spread", "CPU s", "against", "ratio", "equal"];

function cells(row: Row): string[] {
  return [
    row.case,
    row.variant,
    formatRate(row),
    `${(row.spread * 100).toFixed(0)} %`,
    row.cpuSeconds === null ? "-" : row.cpuSeconds.toFixed(2),
    row.baseline ?? "",
    row.ratio === null ? "" : `${row.ratio.toFixed(2)}x`,
    row.equal ? "yes" : "NO",
  ];
}

interface ResultTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How the figures came about. */
  readonly note: string;
}

type About = Pick<Benchmark, "name" | "about" | "notMeasured">;

function print(
  { name, about, notMeasured }: About,
  columns: readonly string[],
  rows: ResultTable["rows"],
): void {
  const table = new Table({ head: [...columns], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  console.log(`${name}: ${about}\n${table.toString()}\nNot measured: ${notMeasured}`);
}

/** Replaces the benchmark's section in RESULTS.md; the others stay. */
function updateResults(
  { name, about, notMeasured }: About,
  { columns, rows, note }: ResultTable,
): void {
  const file = new URL("../../bench/RESULTS.md", import.meta.url);
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}, commit ${commit}`;
  const lines = [
    `## ${name}`,
    "",
    about,
    "",
    `Machine: ${machine}. ${note}`,
    "",
    `| ${columns.join(" | ")} |`,
    `|${columns.map(() => "---").join("|")}|`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    "",
    `Not measured: ${notMeasured}`,
    "",
  ];
  const sections = readFileSync(file, "utf8").split(/^(?=## )/m);
  const section = `${lines.join("\n")}\n`;
  const index = sections.findIndex((text) => text.startsWith(`## ${name}\n`));
  if (index >= 0) sections[index] = section;
  else sections.push(section);
  writeFileSync(file, `${sections.map((text) => text.trimEnd()).join("\n\n")}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
