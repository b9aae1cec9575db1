/** The programs of examples/, as they are, over their data many times over: compiled and in JavaScript. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, Measurement, Variant } from "./benchmark.ts";
import { runChild } from "./run-child.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CLI = join(ROOT, "lib/control/cli/main.js");
const ROWS = 400_000;
const REPEATS = 5;

interface Example {
  readonly name: string;
  readonly data: string;
  /** Line of a later pass, where the same line again would not do. */
  readonly varied?: (line: string, pass: number) => string;
}

const otherVisitor = (line: string, pass: number): string => `${pass}.${line}`;
const EXAMPLES: readonly Example[] = [
  { name: "access-log", data: "access-log.txt" },
  { name: "enrich-orders", data: "orders.jsonl" },
  { name: "bot-filter", data: "access-log.txt", varied: otherVisitor },
  { name: "sensor-average", data: "sensors.csv" },
  { name: "ngrams", data: "shakespeare.txt" },
];

export const examples: Benchmark = {
  name: "examples",
  about:
    "The programs of examples/ with 2 workers, each over its data file as often as makes 400,000 lines. auto: compiled, with its modules in the cache; engine-js: the same program in JavaScript.",
  notMeasured: "start of the process and of threads, bundling; the file is in the page cache.",
  async *cases(rows) {
    const folder = mkdtempSync(join(tmpdir(), "millrace-examples-"));
    try {
      for (const example of EXAMPLES) {
        const file = join(folder, example.data);
        const lines = inputOf(example, rows ?? ROWS);
        writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
        const variant = (name: string, engine: string, isBaseline: boolean): Variant => ({
          name,
          isBaseline,
          run: () => runExample(example.name, file, engine, join(folder, "modules")),
        });
        yield {
          name: example.name,
          rows: lines.length,
          unit: "rows",
          repeats: REPEATS,
          variants: [variant("auto", "auto", false), variant("engine-js", "js", true)],
        };
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function inputOf({ data, varied }: Example, count: number): readonly string[] {
  const lines = readFileSync(join(ROOT, "examples/data", data), "utf8")
    .trimEnd()
    .split("\n");
  return Array.from({ length: count }, (_, index) => {
    const line = lines[index % lines.length] ?? "";
    const pass = Math.floor(index / lines.length);
    return varied === undefined || pass === 0 ? line : varied(line, pass);
  });
}

/** The time is the job's own; without tiering the first run, which warms up, fills the cache. */
async function runExample(
  name: string,
  file: string,
  engine: string,
  cache: string,
): Promise<Measurement> {
  const options = ["--json", "-p", "2", "--engine", engine];
  const { output } = await runChild(
    [CLI, "run", join(ROOT, `examples/${name}.ts`), ...options, "--", file],
    {
      MILLRACE_CACHE_DIR: cache,
      MILLRACE_TIERING: "false",
    },
  );
  const lines = output.trimEnd().split("\n");
  const { netRuntimeMs } = JSON.parse(lines.pop() ?? "") as { readonly netRuntimeMs: number };
  const answer = createHash("sha256").update(lines.sort().join("\n")).digest("hex").slice(0, 16);
  return { ms: netRuntimeMs, cpuSeconds: null, answer: `${lines.length}:${answer}` };
}
