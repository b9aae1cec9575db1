/** Sums over keyed windows of event time against loops with Maps in JavaScript. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Benchmark, type Case, measure, type Variant } from "./benchmark.ts";
import { type WindowInput, windowInput } from "./jobs/window-input.ts";
import type { WindowJobArgs } from "./jobs/windows-job.ts";
import { wordsOf } from "./jobs/word-count-job.ts";
import { assertChecksum, jobVariant } from "./run-job.ts";
import { countWords, sumSessions, sumWindows } from "./windows/plain-windows.ts";
import { lineRows, type NumberRowsOptions, numberRows } from "./windows/window-rows.ts";

const JOB = new URL("./jobs/windows-job.js", import.meta.url);
const TEXT = fileURLToPath(new URL("../../examples/data/shakespeare.txt", import.meta.url));
const TEXT_PASSES = 20;
const WORDS_WINDOW_MS = 5000;
const SESSION_GAP_MS = 30;
/** Of the 60 s windows that slide by 1 s, how many a row is in. */
const WINDOWS_OF_ROW = 60;

interface RecordedCase {
  readonly name: string;
  readonly rows: NumberRowsOptions;
  readonly window: { readonly name: "tumbling" | "sliding"; readonly size: number };
  /** Of the results (key, window end, sum), as Flink 2.3.0 had them. */
  readonly checksum: string;
}

const RECORDED: readonly RecordedCase[] = [
  {
    name: "tumbling 10k keys",
    rows: { rows: 8_000_000, keys: 10_000, rowsPerMs: 1000, disorderMs: 0 },
    window: { name: "tumbling", size: 1000 },
    checksum: "32bd21f01faa81e1",
  },
  {
    name: "tumbling 1m keys",
    rows: { rows: 3_000_000, keys: 1_000_000, rowsPerMs: 1000, disorderMs: 0 },
    window: { name: "tumbling", size: 1000 },
    checksum: "d6dd4b1d69b9aa77",
  },
  {
    name: "sliding 60s/1s",
    rows: { rows: 1_000_000, keys: 1000, rowsPerMs: 20, disorderMs: 0 },
    window: { name: "sliding", size: 60_000 },
    checksum: "6dc28b18998aa7d9",
  },
];
const WORDS_CHECKSUM = "b781b5a000c076d2";

export const windows: Benchmark = {
  name: "windows",
  about:
    "Sum per key and window of event time: columns with times in memory, dealt out to the subtasks in turn, watermarks, 1 s of allowed lateness, metrics; 2 workers. tumbling: 1 s; sliding: 60 s each 1 s; session: rows of a key about 10 ms apart on average, a gap of 30 ms, in order or one row of ten up to 20 ms late; words: the bundled text, 20 times, line i at i ms, 5 s. The results of the recorded inputs have Flink's checksums before the clock starts. plain-js: one thread, row objects, Maps in Maps, a row added to every window it is in; sessions a list per key.",
  notMeasured:
    "thread start, bundling and kernel compilation (the clock runs from the start of the subtasks); building the input.",
  async *cases(rows) {
    for (const recorded of RECORDED) yield await recordedCase(recorded, rows);
    yield slidingAgainstTumbling(rows ?? 1_000_000);
    yield sessionCase("session 10k keys", rows ?? 4_000_000, 0);
    yield sessionCase("session 10k keys, 10 % late", rows ?? 4_000_000, 20);
    yield await wordsCase(rows);
  },
};

/** As recorded unless `rows` says how many. */
async function recordedCase(recorded: RecordedCase, rows: number | null): Promise<Case> {
  const { name, window, checksum } = recorded;
  const { input, objects } = numberRows({ ...recorded.rows, rows: rows ?? recorded.rows.rows });
  windowInput.set(input);
  const args: WindowJobArgs = {
    ...{ window: window.name, passes: 1, passMs: 0 },
    ...{ delayMs: 0, sink: "digest" },
  };
  if (rows === null) {
    await assertChecksum(name, JOB, [JSON.stringify({ ...args, sink: "checksum" })], checksum);
  }
  const plain = () => sumWindows(objects, window.size, 1000);
  return {
    name,
    rows: objects.length,
    unit: "rows",
    repeats: window.name === "sliding" ? 2 : 5,
    variants: [
      ours("2 workers", args),
      { name: "plain-js", isBaseline: true, run: () => measure(plain) },
    ],
    dispose: () => windowInput.set(undefined),
  };
}

/** Both have the same total of all sums, but for the number of windows a row is in. */
function slidingAgainstTumbling(rows: number): Case {
  const options = { rows, keys: 1000, rowsPerMs: 20, disorderMs: 0 };
  windowInput.set(numberRows(options).input);
  const passes = 20;
  const args = { passes, passMs: rows / options.rowsPerMs, delayMs: 0, sink: "digest" } as const;
  const total = (perRow: number) => (accumulator: (name: string) => number) =>
    String(accumulator("total") / perRow);
  return {
    name: "sliding 60s/1s, long",
    rows: rows * passes,
    unit: "rows",
    repeats: 5,
    variants: [
      ours("sliding", { ...args, window: "sliding" }, total(WINDOWS_OF_ROW)),
      { ...ours("tumbling", { ...args, window: "tumbling" }, total(1)), isBaseline: true },
    ],
    dispose: () => windowInput.set(undefined),
  };
}

function sessionCase(name: string, rows: number, disorderMs: number): Case {
  const { input, objects } = numberRows({ rows, keys: 10_000, rowsPerMs: 1000, disorderMs });
  windowInput.set(input);
  // A ms more, or a row could touch a session that has just fired.
  const delayMs = disorderMs + 1;
  const plain = () => sumSessions(objects, SESSION_GAP_MS, disorderMs);
  return {
    name,
    rows,
    unit: "rows",
    repeats: 5,
    variants: [
      ours("2 workers", { window: "session", passes: 1, passMs: 0, delayMs, sink: "digest" }),
      { name: "plain-js", isBaseline: true, run: () => measure(plain) },
    ],
    dispose: () => windowInput.set(undefined),
  };
}

async function wordsCase(rows: number | null): Promise<Case> {
  const lines = readFileSync(TEXT, "utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  const words = lines.reduce((sum, line) => sum + wordsOf(line).length, 0);
  const passes = rows === null ? TEXT_PASSES : Math.max(1, Math.round(rows / words));
  const input: WindowInput = lineRows(lines);
  windowInput.set(input);
  const args: WindowJobArgs = {
    ...{ window: "words", passes, passMs: lines.length },
    ...{ delayMs: 0, sink: "digest" },
  };
  if (rows === null) {
    const checked = JSON.stringify({ ...args, sink: "checksum" });
    await assertChecksum("wordcount window", JOB, [checked], WORDS_CHECKSUM);
  }
  const plain = () => countWords(lines, passes, WORDS_WINDOW_MS);
  return {
    name: "wordcount window",
    rows: words * passes,
    unit: "words",
    repeats: 5,
    variants: [
      ours("2 workers", args),
      { name: "plain-js", isBaseline: true, run: () => measure(plain) },
    ],
    dispose: () => windowInput.set(undefined),
  };
}

function ours(
  name: string,
  args: WindowJobArgs,
  answerOf?: (accumulator: (name: string) => number) => string,
): Variant {
  const run = {
    name,
    module: JOB,
    args: [JSON.stringify(args)],
    workers: 2,
    engine: "auto",
  } as const;
  return jobVariant(answerOf === undefined ? run : { ...run, answerOf });
}
