/**
 * reduce() in windows, with the older names of Flink: timeWindow() asks the time characteristic which
 * time it means. A window emits one record per key when it fires; without the window, reduce() emits one
 * for every record in.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/window-reduce.ts -- localhost 8888 5
 */
import { StreamExecutionEnvironment, Time, TimeCharacteristic, TimeUnit } from "millrace";

const [host = "localhost", port = "8888", seconds = "5"] = process.argv.slice(2);

const env = StreamExecutionEnvironment.getExecutionEnvironment();
// What Flink did before 1.12 when nothing was set; since then it is event time, here too.
env.setStreamTimeCharacteristic(TimeCharacteristic.ProcessingTime);

const source = env.socketTextStream(host, Number(port));
const result = source
  .flatMap((line) => line.split(" "))
  .map((word) => [word, 1])
  .keyBy(0)
  .timeWindow(Time.of(Number(seconds), TimeUnit.SECONDS))
  .reduce((a, b) => [a[0], a[1] + b[1]]); // the same as sum(1)

result.print();
await env.execute("Window reduce");
