/**
 * Word count over lines from a socket, one updated count per word:
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/socket-word-count.ts -- localhost 8888
 */
import { StreamExecutionEnvironment } from "millrace";

const [host = "localhost", port = "8888"] = process.argv.slice(2);

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setParallelism(2);

const source = env.socketTextStream(host, Number(port));
const result = source
  .flatMap((line) => line.split(" "))
  .map((word) => [word, 1])
  .keyBy(0)
  .sum(1);

result.print();
await env.execute("Socket word count");
