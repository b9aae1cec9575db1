/**
 * Rows with times, in memory -> keyed windows of event time -> sums -> digest or recorded checksum. Subtasks
 * read rows in turn, as Flink's did in the recorded runs; watermark: the largest time - 1 ms.
 */
import {
  ColumnsSource,
  type DataStream,
  defineJob,
  EventTimeSessionWindows,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  Types,
  WatermarkStrategy,
} from "../../control/index.ts";
import { windowInput } from "./window-input.ts";
import { WindowChecksumSink, WindowDigestSink } from "./window-sinks.ts";
import { splitLine } from "./word-count-job.ts";

const NUMBERS = Types.TUPLE(Types.LONG, Types.LONG);
const LINES = Types.STRING;
const BLOCK_ROWS = 1000;

type TimeWindowAssigner = ReturnType<(typeof WINDOWS)[keyof typeof WINDOWS]>;

/** By name of the case. */
const WINDOWS = {
  tumbling: () => TumblingEventTimeWindows.of("1 s"),
  sliding: () => SlidingEventTimeWindows.of("60 s", "1 s"),
  session: () => EventTimeSessionWindows.withGap("30 ms"),
  words: () => TumblingEventTimeWindows.of("5 s"),
};

export interface WindowJobArgs {
  readonly window: keyof typeof WINDOWS;
  readonly passes: number;
  /** Time of a pass over the rows. */
  readonly passMs: number;
  /** By how many ms more than 1 the watermark is behind the latest row. */
  readonly delayMs: number;
  readonly sink: "digest" | "checksum";
}

/** args: WindowJobArgs as JSON */
export default defineJob((env, [json = "{}"]) => {
  const { window, passes, passMs, delayMs, sink } = JSON.parse(json) as WindowJobArgs;
  const options = { timestamps, passes, passMs, blockRows: BLOCK_ROWS };
  const assigner = WINDOWS[window]();
  if (window === "words") {
    const lines = ColumnsSource.of<string>(columns, LINES.descriptor, options);
    const words = env
      .fromSource(lines, WatermarkStrategy.forBoundedOutOfOrderness<string>(delayMs), "lines")
      .flatMap(splitLine)
      .map((word): [string, number] => [word, 1]);
    sum(words, assigner, sink);
  } else {
    const rows = ColumnsSource.of<[number, number]>(columns, NUMBERS.descriptor, options);
    const strategy = WatermarkStrategy.forBoundedOutOfOrderness<[number, number]>(delayMs);
    sum(env.fromSource(rows, strategy, "key/value rows"), assigner, sink);
  }
});

function sum<K extends number | string>(
  pairs: DataStream<[K, number]>,
  assigner: TimeWindowAssigner,
  sink: WindowJobArgs["sink"],
): void {
  pairs
    .keyBy(0)
    .window(assigner)
    .allowedLateness("1 s")
    .sum(1)
    .sinkTo(sink === "checksum" ? new WindowChecksumSink() : new WindowDigestSink());
}

const columns = () => windowInput.get().columns;
const timestamps = () => windowInput.get().timestamps;
