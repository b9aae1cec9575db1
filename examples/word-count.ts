/**
 * Word count over the bundled text: split on white space, no empty words, (word, 1), keyBy, sum.
 * In BATCH mode each word comes out once, with its final count.
 *
 *   npm start
 */
import { StreamExecutionEnvironment } from "millrace";
import { printTop } from "./print-top.ts";

const TEXT = new URL("./data/shakespeare.txt", import.meta.url);

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setRuntimeMode("BATCH");

const counts = env
  .readTextFile(TEXT)
  .flatMap((line) => line.split(/\s+/))
  .filter((word) => word !== "")
  .map((word) => [word, 1])
  .keyBy(0)
  .sum(1);

const startMs = performance.now();
const rows: [string, number][] = [];
let words = 0;
for await (const row of counts.executeAndCollect("Word count")) {
  rows.push(row);
  words += row[1];
}
const seconds = (performance.now() - startMs) / 1000;

printTop(rows, 20);
console.log(
  `${words} words, ${rows.length} different ones, in ${seconds.toFixed(2)} s with start-up: ${Math.round(words / seconds)} words/s`,
);
