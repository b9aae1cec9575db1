/**
 * Word count of every 5 seconds: windows that do not overlap, by processing time. They begin at
 * multiples of their size since the epoch, not at the first word. What is in the open window when the
 * input ends is lost, as in Flink: only event time goes on to its end.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/tumbling-window.ts -- localhost 8888 "5 s"
 */
import { StreamExecutionEnvironment, TumblingProcessingTimeWindows } from "millrace";

const [host = "localhost", port = "8888", size = "5 s"] = process.argv.slice(2);

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env.socketTextStream(host, Number(port));
const wordCount = source
  .flatMap((line) => line.split(" "))
  .map((word) => [word, 1])
  .keyBy(0)
  .window(TumblingProcessingTimeWindows.of(size))
  .sum(1);

wordCount.print();
await env.execute("Tumbling window");
