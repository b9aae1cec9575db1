/** Times and watermarks of running jobs: what sinks are given, and how far tasks say that time has come. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type JobClient,
  type PollResult,
  type Sink,
  type Source,
  type SourceOutput,
  StreamExecutionEnvironment,
  Types,
  WatermarkStrategy,
} from "../../control/index.ts";

type Row = readonly [value: number, timestampMs: number | null];

class RowsSink implements Sink<number> {
  readonly description = "rows";
  readonly rows: Row[] = [];

  createWriter() {
    return {
      write: (value: number, timestampMs: number | null) => {
        this.rows.push([value, timestampMs]);
      },
      flush: () => undefined,
      close: () => undefined,
    };
  }
}

function environment(parallelism = 1): StreamExecutionEnvironment {
  return StreamExecutionEnvironment.getExecutionEnvironment({
    execution: "in-process",
    autoWatermarkInterval: 5,
    parallelism,
  });
}

const byValue = WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner(
  (value) => value * 10,
);

test("records reach sinks with the times that an assigner gave them", async () => {
  for (const engine of ["js", "auto"] as const) {
    const sink = new RowsSink();
    const env = environment();
    env
      .fromCollection([1, 2, 3], Types.INT)
      .map((value) => value + 1)
      .engine(engine)
      .assignTimestampsAndWatermarks(byValue)
      .filter((value) => value !== 3)
      .sinkTo(sink);
    await env.execute();
    assert.deepEqual(sink.rows, [
      [2, 20],
      [4, 40],
    ]);
  }
});

/** Subtask 0 reads 1, 2, 3 and then nothing; the others nothing at all; until it is closed. */
class HalfSilent implements Source<number> {
  readonly boundedness = "CONTINUOUS_UNBOUNDED";
  readonly producedType = { kind: "INT" } as const;
  readonly description = "half silent";
  #isOver = false;
  readonly #waiting = new Set<() => void>();

  close(): void {
    this.#isOver = true;
    for (const wake of this.#waiting) wake();
  }

  createEnumerator() {
    return {
      start: () => undefined,
      handleSplitRequest: () => undefined,
      addSplitsBack: () => undefined,
      snapshotState: () => null,
      close: () => undefined,
    };
  }

  createReader({ subtaskIndex }: { readonly subtaskIndex: number }) {
    const values = subtaskIndex === 0 ? [1, 2, 3] : [];
    return {
      start: () => undefined,
      pollNext: (output: SourceOutput<number>): PollResult => {
        const value = values.shift();
        if (value !== undefined) output.collect(value);
        if (value !== undefined) return "more";
        return this.#isOver ? "end" : "nothing";
      },
      isAvailable: () =>
        this.#isOver
          ? Promise.resolve()
          : new Promise<void>((resolve) => this.#waiting.add(resolve)),
      addSplits: () => undefined,
      notifyNoMoreSplits: () => undefined,
      snapshotState: () => [],
      close: () => undefined,
    };
  }
}

async function watermarkOf(client: JobClient, task: RegExp): Promise<number | null> {
  const { vertices } = await client.metrics();
  const vertex = vertices.find(({ name }) => task.test(name));
  return vertex?.subtasks[0]?.currentInputWatermark ?? null;
}

/** Turns of the event loop until the task has come so far; the test's own time limit ends it. */
async function untilWatermark(client: JobClient, task: RegExp, expected: number): Promise<void> {
  while ((await watermarkOf(client, task)) !== expected) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("idle subtasks of a source do not hold the others", { timeout: 20_000 }, async () => {
  const source = new HalfSilent();
  const env = environment(2);
  env
    .fromSource(source, byValue.withIdleness("10 ms"), "half")
    .rebalance()
    .sinkTo(new RowsSink())
    .setParallelism(1);
  const client = await env.executeAsync();
  await untilWatermark(client, /^Source/, 29);
  await untilWatermark(client, /^Sink/, 29);
  source.close();
  await client.getJobExecutionResult();
  assert.equal(await watermarkOf(client, /^Sink/), Number(2n ** 63n - 1n));
});

test("without idleness they do, until the end", { timeout: 20_000 }, async () => {
  const source = new HalfSilent();
  const env = environment(2);
  env.fromSource(source, byValue, "half").rebalance().sinkTo(new RowsSink()).setParallelism(1);
  const client = await env.executeAsync();
  await untilWatermark(client, /^Source/, 29);
  assert.equal(await watermarkOf(client, /^Sink/), null);
  source.close();
  await client.getJobExecutionResult();
});

test("an assigner that answers no time fails the job and names the operator", async () => {
  const env = environment();
  const broken = byValue.withTimestampAssigner(() => Number.NaN);
  env.fromElements(1).assignTimestampsAndWatermarks(broken).name("times").print();
  await assert.rejects(env.execute(), {
    code: "MR_TIMESTAMP_INVALID",
    message: /Operator times: the timestamp is NaN/,
  });
});
