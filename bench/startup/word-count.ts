/** What the command line is given: prints the running counts of the words of its argument. */
import { StreamExecutionEnvironment } from "millrace";

const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
env
  .fromElements(process.argv[2] ?? "")
  .flatMap((line) => line.split(" "))
  .map((word): [string, number] => [word, 1])
  .keyBy(0)
  .sum(1)
  .print();
await env.execute("word count");
