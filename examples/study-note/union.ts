/** Union: streams of one type become one stream; nothing is removed, no order holds between them. */
import { StreamExecutionEnvironment } from "millrace";

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setParallelism(1);

const first = env.fromElements("tom", "rose");
const second = env.fromElements("jim", "tom");
const third = env.fromElements("lily");

first
  .union(second, third)
  .map((name) => [name, 1])
  .keyBy(0)
  .sum(1)
  .print();

await env.execute("Union");
