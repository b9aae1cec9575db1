/**
 * Every 5 seconds the word count of the last 10: each word is in two windows.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/sliding-window.ts -- localhost 8888 "10 s" "5 s"
 */
import { SlidingProcessingTimeWindows, StreamExecutionEnvironment } from "millrace";

const [host = "localhost", port = "8888", size = "10 s", slide = "5 s"] = process.argv.slice(2);

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env.socketTextStream(host, Number(port));
const wordCount = source
  .flatMap((line) => line.split(" "))
  .map((word) => [word, 1])
  .keyBy(0)
  .window(SlidingProcessingTimeWindows.of(size, slide))
  .sum(1);

wordCount.print();
await env.execute("Sliding window");
