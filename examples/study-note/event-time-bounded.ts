/**
 * The same as event-time-by-hand.ts, with watermarks by Flink's BoundedOutOfOrdernessTimestampExtractor. The
 * time it takes is how far records may be out of order, no timeout. Its watermark is the largest time
 * less that; WatermarkStrategy.forBoundedOutOfOrderness(), which is used today, takes away another ms.
 * A record is late only if its window has fired: then it is dropped, unless allowedLateness() keeps
 * the window or sideOutputLateData() takes the record.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/event-time-bounded.ts -- localhost 8888
 */
import {
  BoundedOutOfOrdernessTimestampExtractor,
  StreamExecutionEnvironment,
  Time,
  TimeCharacteristic,
} from "millrace";

const [host = "localhost", port = "8888"] = process.argv.slice(2);

class EventTime extends BoundedOutOfOrdernessTimestampExtractor<string> {
  extractTimestamp(element: string): number {
    return Number(element.split(",")[1]);
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setStreamTimeCharacteristic(TimeCharacteristic.EventTime); // the default

const source = env
  .socketTextStream(host, Number(port))
  .assignTimestampsAndWatermarks(new EventTime(Time.seconds(1)));

const result = source
  .map((line): [string, number, number] => {
    const [word = "", time = "", count = ""] = line.split(",");
    return [word, Number(time), Number(count)];
  })
  .keyBy(0)
  .timeWindow(Time.seconds(3))
  .sum(2);

result.print();
await env.execute("Event time, bounded");
