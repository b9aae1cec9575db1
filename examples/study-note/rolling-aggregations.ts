/**
 * The aggregations of keyed streams emit a record for every record in. sum(), min() and max() change
 * their field of the key's first record only; minBy() and maxBy() emit the whole record that has the
 * extreme. Each is a reduce() with a function of its own.
 */
import { StreamExecutionEnvironment } from "millrace";

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setParallelism(1);

const orders = env
  .fromElements(["tom", 5, "tea"], ["tom", 3, "milk"], ["rose", 7, "rice"], ["tom", 8, "salt"])
  .keyBy(0);

orders.sum(1).print("sum");
orders.min(1).print("min");
orders.max(1).print("max");
orders.minBy(1).print("minBy");
orders.maxBy(1).print("maxBy");
orders.reduce((a, b) => [a[0], a[1] + b[1], b[2]]).print("reduce");

await env.execute("Rolling aggregations");
