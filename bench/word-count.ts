/** Word count of real text, from the file's bytes to final counts, against split + Map in plain JavaScript. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Benchmark, measure, type Variant } from "./benchmark.ts";
import { answerText } from "./jobs/answer-sink.ts";
import { wordDigest } from "./jobs/word-answer-sink.ts";
import { wordsOf } from "./jobs/word-count-job.ts";
import { jobVariant } from "./run-job.ts";

const JOB = new URL("./jobs/word-count-job.js", import.meta.url);
const TEXT = fileURLToPath(new URL("../../examples/data/shakespeare.txt", import.meta.url));
const REPEAT = 20;

export const wordCount: Benchmark = {
  name: "word-count",
  about:
    "Words of the bundled text, read 20 times, split at single spaces: final count per word. plain-js: one thread, split + Map, reading the same file.",
  notMeasured: "thread start and bundling; the file is in the page cache.",
  async *cases(rows) {
    const perPass = wordTotal();
    const repeat = rows === null ? REPEAT : Math.max(1, Math.round(rows / perPass));
    yield {
      name: "batch",
      rows: perPass * repeat,
      unit: "words",
      repeats: 5,
      variants: [
        ours("2 workers", 2, "auto", repeat),
        ours("1 worker", 1, "auto", repeat),
        { name: "plain-js", isBaseline: true, run: () => measure(() => countPlain(repeat)) },
        { ...ours("engine-js", 2, "js", repeat), isBaseline: true },
      ],
    };
  },
};

function wordTotal(): number {
  let words = 0;
  for (const line of linesOfText()) words += wordsOf(line).length;
  return words;
}

function linesOfText(): string[] {
  const lines = readFileSync(TEXT, "utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function countPlain(repeat: number): string {
  const counts = new Map<string, number>();
  for (let pass = 0; pass < repeat; pass++) {
    for (const line of linesOfText()) {
      for (const word of wordsOf(line)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  let digest = 0;
  for (const [word, count] of counts) digest = (digest + wordDigest(word, count)) | 0;
  return answerText(counts.size, digest);
}

function ours(name: string, workers: number, engine: "auto" | "js", repeat: number): Variant {
  return jobVariant({ name, module: JOB, args: [TEXT, String(repeat)], workers, engine });
}
