/** How long it takes until something comes out: of a new process, and of a process that runs already. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, Measurement, Variant } from "./benchmark.ts";
import { runChild } from "./run-child.ts";

const CLI = fileURLToPath(new URL("../../lib/control/cli/main.js", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../bench/startup/word-count.ts", import.meta.url));
const SERVICE = fileURLToPath(new URL("./startup/service.js", import.meta.url));
const TEXT = "to be or not to be that is the question";
const WORDS = TEXT.split(" ").length;
const FLOOR_PROCESS = `for (const word of ${JSON.stringify(TEXT)}.split(" ")) console.log(word)`;
const FLOOR_WORKER = `
const { Worker } = require("node:worker_threads");
const start = performance.now();
const worker = new Worker("require('node:worker_threads').parentPort.postMessage(null)", { eval: true });
worker.on("message", () => console.log(JSON.stringify({ ms: performance.now() - start, rows: ${WORDS} })));`;
const REPEATS = 7;

export const startup: Benchmark = {
  name: "startup",
  about:
    "ms to the first output of a word count of ten words, 2 workers, from the start of the process (millrace run) or from the submission in a running one. first: nothing is cached, the job starts in JavaScript; second: its module is in the cache. Floors: a process that prints the words; a worker that posts a message.",
  notMeasured: "when a module that had to be compiled takes over; memory.",
  async *cases() {
    const folder = mkdtempSync(join(tmpdir(), "millrace-startup-"));
    const base = { rows: 1, unit: "starts", repeats: REPEATS } as const;
    const cache = (name: string) => join(folder, name);
    let seed = 0;
    const freshCache = () => cache(String(++seed));
    try {
      yield {
        ...base,
        name: "process",
        variants: [
          variant("first", () => runProgram([CLI, "run", PROGRAM, "--", TEXT], freshCache())),
          variant("second", () => runProgram([CLI, "run", PROGRAM, "--", TEXT], cache("kept"))),
          floor("node -e", () => runProgram(["-e", FLOOR_PROCESS], "")),
        ],
      };
      yield {
        ...base,
        name: "running process",
        variants: [
          variant("first", () => submitIn([SERVICE, TEXT, "0", String(++seed)], cache("kept"))),
          variant("second", () => submitIn([SERVICE, TEXT, "0", "0"], cache("kept"))),
          floor("worker thread", () => submitIn(["-e", FLOOR_WORKER], "")),
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function variant(name: string, run: () => Promise<Measurement>): Variant {
  return { name, isBaseline: false, run };
}

function floor(name: string, run: () => Promise<Measurement>): Variant {
  return { name, isBaseline: true, run };
}

async function runProgram(args: readonly string[], cache: string): Promise<Measurement> {
  const { firstMs, output } = await runChild(args, { MILLRACE_CACHE_DIR: cache });
  const answer = String(output.trim().split("\n").length);
  return { ms: firstMs, cpuSeconds: null, answer };
}

/** The measurement is the process's own, its last line. */
async function submitIn(args: readonly string[], cache: string): Promise<Measurement> {
  const { output } = await runChild(args, { MILLRACE_CACHE_DIR: cache });
  const { ms, cpuSeconds, rows } = JSON.parse(output.trim().split("\n").at(-1) ?? "") as {
    readonly ms: number;
    readonly cpuSeconds?: number;
    readonly rows: number;
  };
  return { ms, cpuSeconds: cpuSeconds ?? null, answer: String(rows) };
}
