/**
 * Parallelism at each level: an operator's own wins over the environment's, that over the client's
 * (`millrace run -p`), that over the system's (millrace.config.json, MILLRACE_PARALLELISM).
 *
 *   npx millrace run examples/study-note/parallelism.ts -p 4
 *
 * flatMap runs 2 times, map 3 times, print once; keyBy and sum take what the client or the system says.
 */
import { StreamExecutionEnvironment } from "millrace";

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const words = env
  .fromElements("hello world hello", "hello flink")
  .flatMap((line) => line.split(" "))
  .setParallelism(2)
  .map((word) => [word, 1])
  .setParallelism(3);

words.print().setParallelism(1);
words.keyBy(0).sum(1).print("count");

await env.execute("Parallelism");
