import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  type Collector,
  Counter,
  DataGeneratorSource,
  type DataStream,
  defineJob,
  type RuntimeContext,
  type StreamExecutionEnvironment,
} from "../../../../control/index.ts";
import { ManualClock, MiniCluster } from "../../../../control/testing.ts";
import { rejectsCode } from "../throws-code.ts";

const cluster = new MiniCluster({ parallelism: 2 });
after(() => cluster.stop());

function countWords(lines: DataStream<string>): DataStream<[string, number]> {
  return lines
    .flatMap((line) => line.split(" "))
    .map((word): [string, number] => [word, 1])
    .keyBy(0)
    .sum(1);
}

const release: (() => void)[] = [];

/** What a job that waits says. */
type Told = (what: "registered" | "fired") => void;

/** Never ends: its timer waits for the clock to reach `timeMs`, and its source for ever. */
function waiting(env: StreamExecutionEnvironment, timeMs: number, tell: Told) {
  return env
    .addSource<number>({
      run(context) {
        context.collect(1);
        return new Promise<void>((resolve) => {
          release.push(resolve);
        });
      },
      cancel() {
        for (const resolve of release.splice(0)) resolve();
      },
    })
    .keyBy((value) => value)
    .process<number>({
      processElement(_value, ctx) {
        ctx.timerService().registerProcessingTimeTimer(timeMs);
        tell("registered");
      },
      onTimer(time: number, _ctx: unknown, out: Collector<number>) {
        tell("fired");
        out.collect(time);
      },
    });
}

test("collects the records of a stream", async () => {
  const counts = await cluster.collect((env) => countWords(env.fromElements("to be", "to do")));
  assert.deepEqual(counts.map(([word, count]) => `${word} ${count}`).sort(), [
    "be 1",
    "do 1",
    "to 1",
    "to 2",
  ]);
});

test("runs jobs, exported definitions with arguments too, and answers the result", async () => {
  const seen: string[] = [];
  const counted = (env: StreamExecutionEnvironment, lines: readonly string[]): void => {
    env
      .fromCollection(lines)
      .map({
        open(context: RuntimeContext) {
          const lineCount = new Counter();
          context.addAccumulator("lines", lineCount);
          lineCount.add(lines.length);
        },
        map: (line: string) => line,
      })
      .setParallelism(1)
      .addSink((line) => {
        seen.push(line);
      });
  };
  const result = await cluster.run((env) => counted(env, ["a", "b"]));
  assert.equal(result.getAccumulatorResult("lines"), 2);
  await cluster.run(
    defineJob((env, args) => counted(env, args)),
    ["c"],
  );
  await cluster.run(async (env) => {
    counted(env, ["d"]);
    await env.execute();
  });
  assert.deepEqual(seen.sort(), ["a", "b", "c", "d"]);
});

test("a job fails with its own error", async () => {
  const failing = cluster.collect((env) =>
    env.fromElements(1).map((): number => {
      throw new Error("broken");
    }),
  );
  const error = await rejectsCode("MR_FUNCTION_THREW", failing);
  assert.match(error.message, /broken/);
  await rejectsCode(
    "MR_GRAPH_EMPTY",
    cluster.run(() => undefined),
  );
});

test("timers fire when the manual clock is moved, and a job can be canceled", async () => {
  const clock = new ManualClock();
  const virtual = new MiniCluster({ clock, parallelism: 1 });
  const told = new Map<string, () => void>();
  const registered = new Promise<void>((resolve) => told.set("registered", resolve));
  const fired = new Promise<void>((resolve) => told.set("fired", resolve));
  const client = await virtual.submit((env) => {
    waiting(env, 3_600_000, (what) => told.get(what)?.()).addSink(() => undefined);
  });
  await registered;
  clock.advance(3_600_000);
  await fired;
  assert.equal(await client.getJobStatus(), "RUNNING");
  await client.cancel();
  await rejectsCode("MR_JOB_CANCELED", client.getJobExecutionResult());
  await virtual.stop();
  await rejectsCode(
    "MR_TESTING_CLOSED",
    virtual.run(() => undefined),
  );
});

test("a job that does not end is canceled at its deadline, and the error says what to do", async () => {
  const clock = new ManualClock();
  const short = new MiniCluster({ clock, deadlineMs: 100, parallelism: 1 });
  const hung = await rejectsCode(
    "MR_TESTING_DEADLINE",
    short.collect((env) => waiting(env, 500, () => undefined)),
  );
  assert.match(hung.message, /was RUNNING after 100 ms.*clock stands at 0 ms/);
  const real = new MiniCluster({ deadlineMs: 100, parallelism: 1 });
  const endless = new DataGeneratorSource((index) => index, Number.MAX_SAFE_INTEGER);
  const busy = await rejectsCode(
    "MR_TESTING_DEADLINE",
    real.run((env) => env.fromSource(endless, "endless").addSink(() => undefined)),
  );
  assert.match(busy.message, /Give its sources an end/);
  await Promise.all([short.stop(), real.stop()]);
});
