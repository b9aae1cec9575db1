/** The same programs in-process and on worker threads, at parallelism 1, 2 and 4, in both modes and on both engines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type EngineOptions, submitJob } from "../../control/index.ts";

const JOB = new URL("./jobs/operators-job.js", import.meta.url);
const WORDS = Array.from({ length: 500 }, (_, i) => [i % 7, i % 11, i % 13, i % 7])
  .flat()
  .map((n) => `w${n}`);

async function rowsOf(program: string, options: EngineOptions): Promise<unknown[]> {
  const client = await submitJob(JOB, { args: [program], options });
  const result = await client.getJobExecutionResult();
  return (result.getAccumulatorResult<string[]>("rows") ?? []).map(
    (row) => JSON.parse(row) as unknown,
  );
}

/** Running counts: each word with every count from 1 to its last. */
function runningCounts(words: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return words.map((word) => {
    const count = (counts.get(word) ?? 0) + 1;
    counts.set(word, count);
    return JSON.stringify([word, count]);
  });
}

function finalCounts(words: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map((entry) => JSON.stringify(entry));
}

const asText = (rows: readonly unknown[]): string[] =>
  rows.map((row) => JSON.stringify(row)).sort();
const times = <T>(count: number, values: readonly T[]): T[] =>
  Array.from({ length: count }, () => values).flat();

interface Expectation {
  readonly program: string;
  /** Of programs that have to be JavaScript in part; absent = "wasm". */
  readonly engine?: "auto";
  readonly rows: (parallelism: number, mode: "STREAMING" | "BATCH") => readonly string[];
}

const counting = (words: readonly string[]) => (_: number, mode: "STREAMING" | "BATCH") =>
  mode === "BATCH" ? finalCounts(words) : runningCounts(words);
const generated = Array.from({ length: 1000 }, (_, i) => i + 1).flatMap((value) =>
  times(value % 3, [value]),
);

const EXPECTATIONS: readonly Expectation[] = [
  { program: "word-count", rows: counting(WORDS) },
  { program: "typed-word-count", rows: counting(WORDS) },
  {
    program: "reduce",
    rows: (_, mode) =>
      counting(WORDS)(_, mode).map((row) => {
        const [word, count] = JSON.parse(row) as [string, number];
        return JSON.stringify({ word, count });
      }),
  },
  {
    program: "key-function",
    rows: (_, mode) =>
      (mode === "BATCH" ? [...new Set(WORDS)] : WORDS).map((word) =>
        JSON.stringify({ word, length: word.length }),
      ),
  },
  {
    program: "computed-key",
    rows: (_, mode) =>
      counting(WORDS.filter((word) => word !== "w0"))(_, mode).map((row) => {
        const [word, count] = JSON.parse(row) as [string, number];
        return JSON.stringify({ word, count });
      }),
  },
  { program: "union", rows: counting(times(2, WORDS)) },
  { program: "keyed-process", engine: "auto", rows: () => finalCounts(WORDS) },
  {
    program: "side-outputs",
    engine: "auto",
    rows: () => WORDS.map((word) => JSON.stringify(word.length > 2 ? `long ${word}` : word)),
  },
  { program: "generator", rows: () => generated.filter((value) => value % 2 === 0).map(String) },
  { program: "broadcast", rows: (parallelism) => times(parallelism, ['"x"', '"y"']) },
  {
    program: "explode",
    rows: (_, mode) =>
      Array.from({ length: 10 }, (_, digit) => digit).flatMap((digit) =>
        mode === "BATCH"
          ? [JSON.stringify([digit, 10_000])]
          : Array.from({ length: 10_000 }, (_, i) => JSON.stringify([digit, i + 1])),
      ),
  },
];

for (const { program, engine = "wasm", rows } of EXPECTATIONS) {
  const wasm = { engine, tiering: false } as const;

  test(`${program}: in-process results are right at p = 1, 2 and 4, in both modes, on both engines`, async () => {
    for (const parallelism of [1, 2, 4]) {
      for (const runtimeMode of ["STREAMING", "BATCH"] as const) {
        for (const chosen of [wasm, { engine: "js" }] as const) {
          const options = { parallelism, runtimeMode, ...chosen, execution: "in-process" } as const;
          const expected = [...rows(parallelism, runtimeMode)].sort();
          assert.deepEqual(
            asText(await rowsOf(program, options)),
            expected,
            JSON.stringify(options),
          );
        }
      }
    }
  });

  test(`${program}: results on worker threads are right at p = 1, 2 and 4`, async () => {
    for (const parallelism of [1, 2, 4]) {
      const runtimeMode = parallelism === 2 ? "BATCH" : "STREAMING";
      const options = { parallelism, runtimeMode, ...wasm, execution: "pool" } as const;
      const expected = [...rows(parallelism, runtimeMode)].sort();
      assert.deepEqual(asText(await rowsOf(program, options)), expected, JSON.stringify(options));
    }
  });
}
