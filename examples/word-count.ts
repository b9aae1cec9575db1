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

const rows: [string, number][] = [];
for await (const row of counts.executeAndCollect("Word count")) rows.push(row);
printTop(rows, 20);
