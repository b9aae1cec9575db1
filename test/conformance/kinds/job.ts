/** Kind `job`: whole programs, which the vectors describe in words, run through the public API. */
import {
  type DataStream,
  GlobalWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  Types,
  WatermarkStrategy,
} from "../../../control/index.ts";
import { toText } from "../../../dataplane/formats/to-text.ts";
import type { DataType } from "../../../dataplane/protocol/types.ts";
import { compareSequence, type Difference } from "../comparison.ts";
import type { Engine, Kind, Ran } from "../kind.ts";
import { type OperatorDescription, tupleTypeOf, type VectorCase } from "../vectors.ts";

interface JobDescription extends OperatorDescription {
  readonly parallelism: number;
  readonly program: string;
}

/** A program and the type its results are printed as. */
interface Program {
  readonly outputType: DataType;
  /** Hands its results, one after the other, to `take`. */
  define(env: StreamExecutionEnvironment, take: (value: unknown) => void): void;
}

type Pair = readonly [string, number];

function pairs(env: StreamExecutionEnvironment, ...records: readonly Pair[]): DataStream<Pair> {
  return env.fromCollection(records, Types.TUPLE(Types.STRING, Types.INT));
}

const WORD_COUNT = tupleTypeOf(["STRING", "INT"]);

function wordCount(...lines: readonly string[]): Program {
  return {
    outputType: WORD_COUNT,
    define: (env, take) =>
      env
        .fromElements(...lines)
        .flatMap((line) => line.split(" ").map((word): [string, number] => [word, 1]))
        .returns(Types.TUPLE(Types.STRING, Types.INT))
        .keyBy(0)
        .sum(1)
        .addSink(take)
        .setParallelism(1),
  };
}

const PROGRAMS: ReadonlyMap<string, Program> = new Map<string, Program>([
  [
    "lines('hello world hello', 'hello flink').flatMap(split at ' ' -> (word, 1)).keyBy(0).sum(1)",
    wordCount("hello world hello", "hello flink"),
  ],
  [
    "lines('to be or not to be', 'that is the question', 'to be').flatMap(split at ' ' -> (word, 1)).keyBy(0).sum(1)",
    wordCount("to be or not to be", "that is the question", "to be"),
  ],
  [
    "records((a,1), (b,2)).keyBy(0).process(registers an event-time timer at 10^15 and a processing-time timer one hour ahead; onTimer emits (key, time domain))",
    {
      outputType: { kind: "STRING" },
      define: (env, take) =>
        env
          .fromCollection<[string, number]>(
            [
              ["a", 1],
              ["b", 2],
            ],
            Types.TUPLE(Types.STRING, Types.INT),
          )
          .keyBy(0)
          .process<string>({
            processElement(_, ctx) {
              const timers = ctx.timerService();
              timers.registerEventTimeTimer(1e15);
              timers.registerProcessingTimeTimer(timers.currentProcessingTime() + 3_600_000);
            },
            onTimer: (_, ctx, out) => out.collect(`${ctx.getCurrentKey()},${ctx.timeDomain()}`),
          })
          .addSink(take)
          .setParallelism(1),
    },
  ],
  [
    "records((a,100), (a,900), (b,950), (a,1000), (b,2500)).assignTimestamps(field 1, monotonous).keyBy(0).window(TumblingEventTimeWindows(1000)).sum(1)",
    {
      outputType: WORD_COUNT,
      define: (env, take) =>
        pairs(env, ["a", 100], ["a", 900], ["b", 950], ["a", 1000], ["b", 2500])
          .assignTimestampsAndWatermarks(
            WatermarkStrategy.forMonotonousTimestamps<Pair>().withTimestampAssigner(
              ([, time]) => time,
            ),
          )
          .keyBy(0)
          .window(TumblingEventTimeWindows.of(1000))
          .sum(1)
          .addSink(take),
    },
  ],
  [
    "records((a,1), (b,2)).keyBy(0).window(TumblingProcessingTimeWindows(36500 days)).sum(1)",
    {
      outputType: WORD_COUNT,
      define: (env, take) =>
        pairs(env, ["a", 1], ["b", 2])
          .keyBy(0)
          .window(TumblingProcessingTimeWindows.of("36500 d"))
          .sum(1)
          .addSink(take),
    },
  ],
  [
    "s = records((a,1), (b,2)); s.union(s).keyBy(0).window(GlobalWindows with end-of-stream trigger).sum(1)",
    {
      outputType: WORD_COUNT,
      define: (env, take) => {
        const stream = pairs(env, ["a", 1], ["b", 2]);
        return stream
          .union(stream)
          .keyBy(0)
          .window(GlobalWindows.createWithEndOfStreamTrigger())
          .sum(1)
          .addSink(take);
      },
    },
  ],
  [
    "records(x, y).broadcast().map(identity at parallelism 3)",
    {
      outputType: { kind: "STRING" },
      define: (env, take) =>
        env
          .fromElements("x", "y")
          .broadcast()
          .map((value) => value)
          .setParallelism(3)
          .addSink(take)
          .setParallelism(1),
    },
  ],
]);

export const jobKind: Kind = { unsupported, run };

function unsupported(vector: VectorCase): string | null {
  const { program } = vector.operator as JobDescription;
  return PROGRAMS.has(program) ? null : `program ${program}`;
}

async function run(vector: VectorCase, engine: Engine, ran: Ran): Promise<Difference> {
  const { parallelism, program } = vector.operator as JobDescription;
  const job = PROGRAMS.get(program);
  if (job === undefined) return `Nobody wrote the program ${program}.`;
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    engine,
    tiering: false,
    execution: "in-process",
  });
  const lines: string[] = [];
  job.define(env, (value) => {
    lines.push(toText(value, job.outputType));
  });
  const { summary } = await env.execute();
  for (const operator of summary.operators) {
    if (operator.reason !== "connector") ran(operator.engine);
  }
  return compareSequence(lines, vector.lines ?? []);
}
