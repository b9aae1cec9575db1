/**
 * The most frequent pairs of words that follow each other in a line of the bundled text.
 *
 *   npx millrace run examples/ngrams.ts [-- text.txt [words in a row]]
 */
import { StreamExecutionEnvironment } from "millrace";
import { printTop } from "./print-top.ts";

const [file = new URL("./data/shakespeare.txt", import.meta.url), size = "2"] =
  process.argv.slice(2);
const SIZE = Number(size);

const NO_WORD = /[^a-z']+/g;
const STOP_WORDS = new Set(
  "a an and as at be by for i in is it my of that the to with you".split(" "),
);

function wordsOf(line: string): string[] {
  return line
    .toLowerCase()
    .replace(NO_WORD, " ")
    .trim()
    .split(" ")
    .filter((word) => word.length > 0);
}

function ngrams(words: string[]): string[] {
  const grams: string[] = [];
  for (let start = 0; start + SIZE <= words.length; start++) {
    grams.push(words.slice(start, start + SIZE).join(" "));
  }
  return grams;
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setRuntimeMode("BATCH");

const counts = env
  .readTextFile(file)
  .flatMap((line) => ngrams(wordsOf(line)))
  .filter((gram) => !gram.split(" ").some((word) => STOP_WORDS.has(word)))
  .map((gram) => [gram, 1])
  .keyBy(0)
  .sum(1)
  .filter(([, count]) => count > 1);

const rows: [string, number][] = [];
for await (const row of counts.executeAndCollect("N-grams")) rows.push(row);
printTop(rows, 20);
