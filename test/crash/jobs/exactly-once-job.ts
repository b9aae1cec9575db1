/**
 * Windows, sessions, timers and rolling counts over rows with event times, and counts of lines of files; all in
 * exactly-once files. Everything takes its time, so that there is a middle to be killed in.
 *
 * Arguments: a JSON object, ExactlyOnceArguments.
 */
import { existsSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  BasePathBucketAssigner,
  type Collector,
  DataGeneratorSource,
  type DataStream,
  DefaultRollingPolicy,
  EventTimeSessionWindows,
  FileSink,
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type MapState,
  MapStateDescriptor,
  OnCheckpointRollingPolicy,
  type ProcessWindowContext,
  ProcessWindowFunction,
  RestartStrategies,
  RichMapFunction,
  type RuntimeContext,
  SimpleStringEncoder,
  StreamExecutionEnvironment,
  type TimeWindow,
  TumblingEventTimeWindows,
  Types,
  WatermarkStrategy,
} from "millrace";
import {
  type CrashRow,
  crashRow,
  DISORDER_MS,
  GAP_MS,
  type SinkName,
  TIMER_MS,
  WINDOW_MS,
} from "../crash-rows.ts";

export interface ExactlyOnceArguments {
  /** Holds the text files, and the outputs. */
  readonly folder: string;
  readonly seed: number;
  readonly rows: number;
  readonly ratePerSecond: number;
  /** Rows at which the thread that sees them ends, each once. */
  readonly exitAtMs: readonly number[];
  /** A savepoint is taken again and again. */
  readonly savepoints: boolean;
}

const RUNNING = "running\n";
const ROW = Types.TUPLE(Types.INT, Types.INT, Types.INT, Types.LONG);
/** Lines in front of a pause, in ms. */
const LINES_AT_ONCE = 20;
const PAUSE_MS = 10;
const SAVEPOINT_PAUSE_MS = 200;

const options = JSON.parse(process.argv[2] ?? "{}") as ExactlyOnceArguments;
const { folder, seed, rows, ratePerSecond } = options;

/** Says when there are rows, and ends its thread at some of them. */
class Passing extends RichMapFunction<CrashRow, CrashRow> {
  #isRunning = false;

  override map(row: CrashRow): CrashRow {
    if (!this.#isRunning) writeSync(2, RUNNING);
    this.#isRunning = true;
    const timeMs = row[3];
    if (!options.exitAtMs.includes(timeMs)) return row;
    const mark = join(folder, `exited-${timeMs}`);
    if (existsSync(mark)) return row;
    writeFileSync(mark, "");
    return process.exit(7);
  }
}

/** Takes its time over lines. */
class Slow extends RichMapFunction<string, [number, number]> {
  readonly #pause = new Int32Array(new SharedArrayBuffer(4));
  #lines = 0;

  override map(line: string): [number, number] {
    if (++this.#lines % LINES_AT_ONCE === 0) Atomics.wait(this.#pause, 0, 0, PAUSE_MS);
    return [Number(line.split(" ")[0]), 1];
  }
}

/** Sums of values per span of event time, said by a timer at its end. */
class SumsByTimers extends KeyedProcessFunction<number, CrashRow, string> {
  #sums: MapState<number, number> | undefined;

  override open(context: RuntimeContext): void {
    this.#sums = context.getMapState(new MapStateDescriptor<number, number>("sums"));
  }

  processElement([, , value, timeMs]: CrashRow, ctx: KeyedProcessContext<number>): void {
    const startMs = Math.floor(timeMs / TIMER_MS) * TIMER_MS;
    this.#sums?.put(startMs, (this.#sums.get(startMs) ?? 0) + value);
    ctx.timerService().registerEventTimeTimer(startMs + TIMER_MS - 1);
  }

  override onTimer(timeMs: number, ctx: KeyedOnTimerContext<number>, out: Collector<string>): void {
    const startMs = timeMs + 1 - TIMER_MS;
    out.collect(`${ctx.getCurrentKey()} ${startMs} ${this.#sums?.get(startMs)}`);
    this.#sums?.remove(startMs);
  }
}

/** The elements of a window, in state until it closes. */
class SumOfWindow extends ProcessWindowFunction<CrashRow, string, number, TimeWindow> {
  override process(
    key: number,
    context: ProcessWindowContext<TimeWindow>,
    elements: Iterable<CrashRow>,
    out: Collector<string>,
  ): void {
    let sum = 0;
    for (const [, , value] of elements) sum += value;
    out.collect(`${key} ${context.window().getStart()} ${sum}`);
  }
}

function writeTo(name: SinkName, stream: DataStream<string>): void {
  const sink = FileSink.forRowFormat<string>(join(folder, name), new SimpleStringEncoder())
    .withBucketAssigner(new BasePathBucketAssigner())
    // Files that are in progress when a checkpoint is taken are resumed; others wait for it closed.
    .withRollingPolicy(
      name === "totals" || name === "windows"
        ? DefaultRollingPolicy.builder().withMaxPartSize(2048).build()
        : OnCheckpointRollingPolicy.build(),
    )
    .build();
  stream.sinkTo(sink).uid(name);
}

const env = StreamExecutionEnvironment.getExecutionEnvironment({
  incrementalCheckpoints: seed % 2 === 1,
});
env.enableCheckpointing(50);
env.setRestartStrategy(RestartStrategies.fixedDelayRestart(20, 1));

const input = env
  .fromSource(
    new DataGeneratorSource((index) => crashRow(seed, index), rows, {
      ratePerSecond,
      type: ROW.descriptor,
    }),
    WatermarkStrategy.forBoundedOutOfOrderness<CrashRow>(DISORDER_MS).withTimestampAssigner(
      (row) => row[3],
    ),
    "rows",
  )
  .uid("source")
  .map(new Passing())
  .returns(ROW)
  .uid("passing");
writeTo(
  "rows",
  input.map((row) => row.join(" ")),
);
const keyed = input.keyBy((row) => row[0]);
writeTo(
  "windows",
  keyed.window(TumblingEventTimeWindows.of(WINDOW_MS)).process(new SumOfWindow()).uid("windows-of"),
);
writeTo(
  "sessions",
  input
    .keyBy(0)
    .window(EventTimeSessionWindows.withGap(GAP_MS))
    .sum(2)
    .uid("sessions-of")
    .map((row) => `${row[0]} ${row[2]}`),
);
writeTo("timers", keyed.process(new SumsByTimers()).uid("timers-of"));
writeTo(
  "totals",
  input
    .keyBy(0)
    .sum(1)
    .uid("totals-of")
    .map((row) => `${row[0]} ${row[1]}`),
);
writeTo(
  "lines",
  env
    .readTextFile(join(folder, "input"))
    .uid("texts")
    .map(new Slow())
    .returns(Types.TUPLE(Types.INT, Types.INT))
    .keyBy(0)
    .sum(1)
    .uid("lines-of")
    .map((row) => `${row[0]} ${row[1]}`),
);

const client = await env.executeAsync("exactly once");
if (options.savepoints) {
  const ended = client.getJobExecutionResult().then(
    () => true,
    () => true,
  );
  // One that is refused, since the job is not running, is asked for again.
  const taken = (): Promise<boolean> =>
    client.triggerSavepoint(join(folder, "savepoints")).then(
      () => false,
      () => false,
    );
  while (!(await Promise.race([ended, taken()]))) {
    await new Promise((resolve) => setTimeout(resolve, SAVEPOINT_PAUSE_MS));
  }
}
