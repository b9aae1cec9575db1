/**
 * Event time with watermarks made by hand: sums of windows of 3 s, records come at most 1 s late. Lines
 * are "word,time in ms,count".
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/event-time-by-hand.ts -- localhost 8888
 *
 *   hello,1645844000,1
 *   hello,1645845000,2
 *   hello,1645846000,1    now the watermark is 1645845000: [1645842000, 1645845000) fires with the 1
 *
 * A window fires when the watermark reaches its last ms (end - 1). It begins at a multiple of 3 s, so the
 * first of these records is alone in its window. sum(2) keeps the other fields of the first record.
 */
import {
  type AssignerWithPeriodicWatermarks,
  StreamExecutionEnvironment,
  Time,
  TimeCharacteristic,
} from "millrace";

const [host = "localhost", port = "8888"] = process.argv.slice(2);

/** Flink's older interface; today it is WatermarkStrategy.forGenerator(). */
class OneSecondLate implements AssignerWithPeriodicWatermarks<string> {
  // Not 0: a time before 1970 would be late from the start. -Infinity is Long.MIN.
  #maxEventTime = Number.NEGATIVE_INFINITY;
  readonly #maxDelay = 1000;

  /** Called every 200 ms (env.setAutoWatermarkInterval()), and at the end of the input. */
  getCurrentWatermark(): number {
    return this.#maxEventTime - this.#maxDelay;
  }

  extractTimestamp(element: string): number {
    const eventTime = Number(element.split(",")[1]);
    console.log(`event time: ${eventTime}, largest before: ${this.#maxEventTime}`);
    this.#maxEventTime = Math.max(eventTime, this.#maxEventTime);
    return eventTime;
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setStreamTimeCharacteristic(TimeCharacteristic.EventTime); // the default

const source = env
  .socketTextStream(host, Number(port))
  .assignTimestampsAndWatermarks(new OneSecondLate());

const result = source
  .map((line): [string, number, number] => {
    const [word = "", time = "", count = ""] = line.split(",");
    return [word, Number(time), Number(count)];
  })
  .keyBy(0)
  .timeWindow(Time.seconds(3))
  .sum(2);

result.print();
await env.execute("Event time by hand");
