/** Open model -> count per key in tumbling windows of 100 ms -> arrival times of the results. */
import {
  defineJob,
  TumblingEventTimeWindows,
  type WatermarkGenerator,
  WatermarkStrategy,
} from "../../control/index.ts";
import { OpenModelSource } from "../latency/open-model-source.ts";
import { WindowRowsSink } from "../latency/window-rows-sink.ts";

/** args: events per second, start (monotonic ms), warm-up ms */
export default defineJob((env, args) => {
  const [rate = 1, startMs = 0, warmUpMs = 0] = args.map(Number);
  const source = new OpenModelSource({ rate, startMs, warmUpMs });
  const strategy = WatermarkStrategy.forGenerator<[number, number]>(perMillisecond);
  env
    .fromSource(source, strategy, "events")
    .keyBy(0)
    .window(TumblingEventTimeWindows.of("100 ms"))
    .sum(1)
    .sinkTo(new WindowRowsSink(startMs));
});

/** A watermark behind the first event of each ms: times only grow. */
function perMillisecond(): WatermarkGenerator<[number, number]> {
  let latestMs = -1;
  return {
    onEvent(_event, timestampMs, output) {
      if (timestampMs <= latestMs) return;
      latestMs = timestampMs;
      output.emitWatermark(timestampMs - 1);
    },
    onPeriodicEmit() {},
  };
}
