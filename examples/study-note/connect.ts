/**
 * connect(): two streams of different types in front of one operator, with a function for each. There is
 * no order between them.
 */
import { StreamExecutionEnvironment } from "millrace";

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setParallelism(1);

const names = env.fromElements("tom", "rose");
const ages = env.fromElements(["jim", 23], ["lily", 18]);

names
  .connect(ages)
  .map(
    (name) => `${name}: age unknown`,
    ([name, age]) => `${name}: ${age}`,
  )
  .print();

await env.execute("Connect");
