/**
 * Jobs that are suspended with a checkpoint at a random row and go on from it at another parallelism, time
 * and again: their results, all together, are those of a job that was left alone. Checkpoints are in memory or in
 * files, or they are savepoints of states that were in memory.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate as nextRound } from "node:timers/promises";
import {
  AsyncDataStream,
  type BroadcastOnTimerContext,
  type Collector,
  ColumnsSource,
  CountTrigger,
  DataGeneratorSource,
  type DataStream,
  EventTimeSessionWindows,
  FileSource,
  GlobalWindows,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  MapStateDescriptor,
  SlidingEventTimeWindows,
  type StreamExecutionEnvironment,
  TextLineInputFormat,
  TimeUnit,
  TumblingEventTimeWindows,
  Types,
  ValueStateDescriptor,
  WatermarkStrategy,
} from "../../control/index.ts";
import type { JobCheckpoint } from "../../control/runtime/job-checkpoint.ts";
import { createPrng, type Prng } from "../../dataplane/worker/prng.ts";
import { type Keeping, planJob, runJob } from "./suspended-job.ts";

const ROWS = 3_000;
const KEYS = 37;
type Reading = [key: number, value: number, timeMs: number];
const READING = {
  kind: "TUPLE",
  fields: [{ kind: "INT" }, { kind: "DOUBLE" }, { kind: "LONG" }],
} as const;

/** Called with each row that a source makes. */
let onRow: () => void = () => undefined;

function reading(index: number): Reading {
  onRow();
  return [(index * 7919) % KEYS, index % 101, index * 3 - (index % 5)];
}

interface Program {
  /** Of the source; absent = ROWS. */
  readonly rows?: number;
  readonly name: string;
  readonly engine: "auto" | "js";
  define(env: StreamExecutionEnvironment, sink: (result: unknown) => void): void;
}

/** One reader, so that the rows of a key have an order. */
function readings(env: StreamExecutionEnvironment, rows = ROWS): DataStream<Reading> {
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Reading>(5);
  return env
    .fromSource(
      new DataGeneratorSource(reading, rows, { type: READING }),
      strategy.withTimestampAssigner(([, , timeMs]) => timeMs),
      "readings",
    )
    .setParallelism(1);
}

/** Emits the sum of a key, and how many rows it had, 100 ms after its first row, then begins anew. */
class Summing extends KeyedProcessFunction<number, Reading, string> {
  readonly #sum = new ValueStateDescriptor("sum", Types.DOUBLE);
  readonly #seen = new MapStateDescriptor("seen", Types.DOUBLE, Types.INT);

  override processElement([, value, timeMs]: Reading, context: KeyedProcessContext<number>) {
    const sum = this.getRuntimeContext().getState(this.#sum);
    const seen = this.getRuntimeContext().getMapState(this.#seen);
    if (sum.value() === null) context.timerService().registerEventTimeTimer(timeMs + 100);
    sum.update((sum.value() ?? 0) + value);
    seen.put(value, (seen.get(value) ?? 0) + 1);
  }

  override onTimer(timeMs: number, context: KeyedOnTimerContext<number>, out: Collector<string>) {
    const sum = this.getRuntimeContext().getState(this.#sum);
    const seen = this.getRuntimeContext().getMapState(this.#seen);
    const counts = [...seen.entries()].sort().join(" ");
    out.collect(`${context.getCurrentKey()}@${timeMs}: ${sum.value()} of ${counts}`);
    sum.clear();
    seen.clear();
  }
}

const limits = new MapStateDescriptor("limits", Types.STRING, Types.INT);

/** Tells at the end how many readings a key had, and the limit, which comes from another stream. */
class Limited extends KeyedBroadcastProcessFunction<number, Reading, number, string> {
  readonly #count = new ValueStateDescriptor("count", Types.INT);

  override processElement([key]: Reading, context: KeyedReadOnlyBroadcastContext<number>) {
    const count = this.getRuntimeContext().getState(this.#count);
    if (count.value() === null) context.timerService().registerEventTimeTimer(1e12 + key);
    count.update((count.value() ?? 0) + 1);
  }

  override onTimer(
    timeMs: number,
    context: BroadcastOnTimerContext<number>,
    out: Collector<string>,
  ) {
    const count = this.getRuntimeContext().getState(this.#count).value();
    const limit = context.getBroadcastState(limits).get("limit");
    out.collect(`${timeMs}: ${count} of ${limit}`);
  }

  override processBroadcastElement(limit: number, context: KeyedBroadcastContext<number>) {
    context.getBroadcastState(limits).put("limit", limit);
  }
}

const PROGRAMS: readonly Program[] = [
  ...(["auto", "js"] as const).flatMap((engine): Program[] => [
    {
      name: "rolling sum",
      engine,
      define: (env, sink) => readings(env).keyBy(0).sum(1).addSink(sink),
    },
    {
      name: "reduce",
      engine,
      define: (env, sink) =>
        readings(env)
          .keyBy(([key]) => key)
          .reduce((a, b) => [a[0], a[1] + b[1], b[2]])
          .addSink(sink),
    },
    {
      name: "tumbling windows",
      engine,
      define: (env, sink) =>
        readings(env).keyBy(0).window(TumblingEventTimeWindows.of(500)).sum(1).addSink(sink),
    },
    {
      name: "sliding windows",
      engine,
      define: (env, sink) =>
        readings(env).keyBy(0).window(SlidingEventTimeWindows.of(600, 200)).max(1).addSink(sink),
    },
  ]),
  {
    name: "session windows",
    engine: "auto",
    define: (env, sink) =>
      readings(env)
        .filter(([, value]) => value < 40)
        .setParallelism(1)
        .keyBy(0)
        .window(EventTimeSessionWindows.withGap(120))
        .sum(1)
        .addSink(sink),
  },
  {
    name: "count windows",
    engine: "auto",
    define: (env, sink) =>
      readings(env)
        .keyBy(0)
        .window(GlobalWindows.create())
        .trigger(CountTrigger.of(7))
        .sum(1)
        .addSink(sink),
  },
  {
    name: "windows of all keys",
    engine: "auto",
    define: (env, sink) =>
      readings(env).windowAll(TumblingEventTimeWindows.of(300)).sum(1).addSink(sink),
  },
  {
    name: "process function with state and timers",
    engine: "auto",
    define: (env, sink) =>
      readings(env)
        .keyBy(([key]) => key)
        .process(new Summing())
        .addSink(sink),
  },
  {
    name: "broadcast state",
    engine: "auto",
    define: (env, sink) =>
      readings(env)
        .keyBy(([key]) => key)
        .connect(env.fromElements(5).broadcast(limits))
        .process(new Limited())
        .addSink(sink),
  },
  {
    name: "async requests",
    rows: 600,
    engine: "auto",
    define: (env, sink) =>
      AsyncDataStream.unorderedWait(
        readings(env, 600).rebalance(),
        async ([key, value]) => {
          await nextRound();
          return [`${key}: ${value}`];
        },
        1000,
        TimeUnit.MILLISECONDS,
        20,
      ).addSink(sink),
  },
  {
    name: "records of a collection",
    engine: "js",
    define: (env, sink) =>
      env
        .fromCollection(Array.from({ length: ROWS * 4 }, (_, index) => index))
        .map((value) => {
          onRow();
          return -value;
        })
        .addSink(sink),
  },
  {
    name: "columns",
    engine: "js",
    define: (env, sink) =>
      env
        .fromSource(
          ColumnsSource.of<[number, string]>(
            () => [
              Int32Array.from({ length: ROWS }, (_, index) => index),
              Array.from({ length: ROWS }, (_, index) => `row ${index}`),
            ],
            { kind: "TUPLE", fields: [{ kind: "INT" }, { kind: "STRING" }] },
            { passes: 3, blockRows: 100 },
          ),
          "columns",
        )
        .map(([index, text]) => {
          onRow();
          return `${text} ${index}`;
        })
        .addSink(sink),
  },
  {
    name: "lines of files",
    engine: "js",
    define: (env, sink) =>
      env
        .fromSource(
          FileSource.forRecordStreamFormat(new TextLineInputFormat(), lines)
            .setSplitBytes(3_000)
            .build(),
          "lines",
        )
        .map((line) => {
          onRow();
          return line.toUpperCase();
        })
        .addSink(sink),
  },
];

const folder = mkdtempSync(join(tmpdir(), "millrace-restore-"));
const lines = join(folder, "lines.txt");
writeFileSync(lines, Array.from({ length: ROWS }, (_, index) => `line ${index}`).join("\n"));
after(() => rmSync(folder, { recursive: true }));

/** @returns results as text, sorted */
async function runAlone({ define, engine }: Program): Promise<string[]> {
  const results: string[] = [];
  const sink = (result: unknown): void => void results.push(JSON.stringify(result));
  const job = await planJob((env) => define(env, sink), { engine, parallelism: 2 });
  assert.equal(await runJob(job, null, () => undefined), null);
  return results.sort();
}

/** Suspends the job again and again, each time after up to a third of the rows more. */
async function runInParts(
  { define, engine, rows = ROWS }: Program,
  parallelismOf: (part: number) => number,
  prng: Prng,
  keeping: Keeping,
): Promise<{ readonly results: string[]; readonly parts: number }> {
  const results: string[] = [];
  const sink = (result: unknown): void => void results.push(JSON.stringify(result));
  let from: JobCheckpoint | null = null;
  for (let parts = 1; ; parts++) {
    const parallelism = parallelismOf(parts);
    const job = await planJob((env) => define(env, sink), { engine, parallelism });
    const suspendLater = (suspend: () => void): void => {
      let rowsLeft = 1 + prng.nextInt(rows / 3);
      onRow = () => {
        rowsLeft -= 1;
        if (rowsLeft === 0) setImmediate(suspend);
      };
    };
    from = await runJob(job, from, suspendLater, keeping);
    onRow = () => undefined;
    if (from === null) return { results: results.sort(), parts };
  }
}

for (const program of PROGRAMS) {
  test(`${program.name}, engine ${program.engine}`, async () => {
    const expected = await runAlone(program);
    assert.ok(expected.length > 0);
    const prng = createPrng(5);
    const inFolder = join(folder, String(PROGRAMS.indexOf(program)));
    const anyParallelism = () => 1 + prng.nextInt(4);
    const upAndDown = (part: number) => [1, 2, 3, 1][(part - 1) % 4] as number;
    for (const [directory, savepoints, parallelismOf] of [
      [null, null, anyParallelism],
      [join(inFolder, "checkpoints"), null, upAndDown],
      [null, join(inFolder, "savepoints"), upAndDown],
    ] as const) {
      const actual = await runInParts(program, parallelismOf, prng, { directory, savepoints });
      assert.deepEqual(actual.results, expected);
      assert.ok(actual.parts > 1, "the job was suspended");
    }
  });
}
