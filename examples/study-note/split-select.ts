/**
 * split() names records, select() takes those that have a name. Flink has removed both: side-outputs.ts
 * does the same with a ProcessFunction.
 */
import { StreamExecutionEnvironment } from "millrace";

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setParallelism(1);

const numbers = env.fromElements(1, 2, 3, 4, 5, 6);
const split = numbers.split((number) => (number % 2 === 0 ? "even" : "odd"));

split.select("even").print("even");
split.select("odd").print("odd");
split.select("even", "odd").print("all");

await env.execute("Split and select");
