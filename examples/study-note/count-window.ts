/**
 * A window of four records per key: it fires at the 4th, 8th, ... record of a word. A rest that is
 * smaller is never emitted, not even at the end of the input.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/count-window.ts -- localhost 8888
 */
import { StreamExecutionEnvironment } from "millrace";

const [host = "localhost", port = "8888"] = process.argv.slice(2);

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env.socketTextStream(host, Number(port));
const wordCount = source
  .flatMap((line) => line.split(" "))
  .map((word) => [word, 1])
  .keyBy(0)
  .countWindow(4)
  .sum(1);

wordCount.print();
await env.execute("Count window");
