import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { Counter } from "../../../../dataplane/protocol/accumulators.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import type { SlotReport } from "../../../../dataplane/protocol/messages.ts";
import {
  METRIC_BACKPRESSURED_MS,
  METRIC_BATCHES_IN,
  METRIC_BATCHES_OUT,
  METRIC_BUSY_MS,
  METRIC_BYTES_IN,
  METRIC_BYTES_OUT,
  METRIC_COUNT,
  METRIC_CURRENT_WATERMARK,
  METRIC_IDLE_MS,
  METRIC_MEMORY_BYTES,
  METRIC_RECORDS_IN,
  METRIC_RECORDS_OUT,
} from "../../../../dataplane/protocol/metrics-layout.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../../../dataplane/protocol/status.ts";
import type { SegmentContext } from "../../../../dataplane/worker/segment.ts";
import { SteppedJob, settle } from "./stepped-job.ts";
import { type TestJob, type TestOperator, TINY_RING } from "./test-job.ts";
import {
  CountingSource,
  type Heard,
  Listener,
  Multiplier,
  type TinySegment,
} from "./tiny-segments.ts";

const FORWARD = { kind: "forward" } as const;
const first = (): number => 0;

function sourceOperator(segment: (context: SegmentContext) => CountingSource): TestOperator {
  return { id: "s", input: null, isSource: true, segment };
}

/** source -> sink, each in a task of its own. */
function pipe(
  source: (context: SegmentContext) => CountingSource,
  sink: (context: SegmentContext) => TinySegment,
): TestJob {
  return {
    vertices: [
      { id: "source", parallelism: 1, operators: [sourceOperator(source)] },
      { id: "sink", parallelism: 1, operators: [{ id: "l", input: null, segment: sink }] },
    ],
    edges: [{ source: "source", operatorId: "s", target: "sink", partitioner: FORWARD }],
  };
}

function counting(count: number): (context: SegmentContext) => CountingSource {
  return (context) => new CountingSource(context, "s", count);
}

/** A source that has nothing for ever. */
class SilentSource extends CountingSource {
  override poll(): number {
    return STATUS_NEED_HOST;
  }

  override hostWork(): Promise<void> {
    return new Promise(() => undefined);
  }
}

/** A sink that waits for the host at its first row, until a test lets it go. */
class StuckSink extends Listener {
  letGo: () => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  #isStuck = true;

  override process(input: BatchView, cursor: { row: number; step: number }): number {
    return this.#isStuck ? STATUS_NEED_HOST : super.process(input, cursor);
  }

  override hostWork(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.letGo = () => {
        this.#isStuck = false;
        resolve();
      };
      this.fail = reject;
    });
  }
}

function failureOf(job: SteppedJob, vertexId: string): EngineError {
  const failed = job.reports.filter(
    (report): report is Extract<SlotReport, { kind: "failed" }> =>
      report.kind === "failed" && report.vertexId === vertexId,
  );
  assert.equal(failed.length, 1, `${vertexId} reports one failure`);
  return EngineError.fromWire(
    (failed[0] as { error: Parameters<typeof EngineError.fromWire>[0] }).error,
  );
}

function assertClosedOnce(job: SteppedJob): void {
  for (const segment of job.segments) assert.equal((segment as TinySegment).closed, 1);
  assert.equal(job.borrowedBytes, 0);
}

async function end(job: SteppedJob): Promise<void> {
  for (let turn = 0; turn < 5 && !job.isEnded; turn++) await settle();
  assert.equal(job.isEnded, true);
}

test("a job runs to its end: rows, one last watermark, the end; all is closed and given back", async () => {
  const heard: Heard[] = [];
  const job = new SteppedJob(pipe(counting(100), () => new Listener(heard)));
  await job.start();
  await job.run(first);
  assert.deepEqual(
    heard.slice(0, 100),
    Array.from({ length: 100 }, (_, index) => index),
  );
  assert.deepEqual(heard.slice(100), [{ watermark: 2n ** 63n - 1n }, "end"]);
  const kinds = job.reports.map(({ kind }) => kind);
  assert.deepEqual(kinds.toSorted(), ["finished", "finished", "running", "running"]);
  assertClosedOnce(job);
});

test("accumulators that functions registered come with the finished report", async () => {
  const counter = new Counter();
  class CountingSink extends Listener {
    readonly #context: SegmentContext;
    constructor(context: SegmentContext) {
      super([]);
      this.#context = context;
    }
    override open(): void {
      super.open();
      this.#context.runtimeContext.addAccumulator("rows", counter);
      assert.throws(() => this.#context.runtimeContext.addAccumulator("rows", counter), TypeError);
    }
    override process(input: BatchView): number {
      counter.add(input.rowCount);
      return STATUS_DONE;
    }
  }
  const job = new SteppedJob(pipe(counting(7), (context) => new CountingSink(context)));
  await job.start();
  await job.run(first);
  const finished = job.reports.find(
    (report) => report.kind === "finished" && report.vertexId === "sink",
  );
  assert.deepEqual(finished, {
    kind: "finished",
    vertexId: "sink",
    subtaskIndex: 0,
    accumulators: [{ name: "rows", kind: "counter", state: 7 }],
  });
});

test("a runtime context tells a function where it runs", async () => {
  let told: unknown[] = [];
  const job = new SteppedJob(
    pipe(counting(0), ({ runtimeContext: context }) => {
      told = [
        context.getTaskName(),
        context.getIndexOfThisSubtask(),
        context.getNumberOfParallelSubtasks(),
        context.getMaxNumberOfParallelSubtasks(),
        context.getAttemptNumber(),
      ];
      return new Listener([]);
    }),
  );
  await job.start();
  assert.deepEqual(told, ["sink", 0, 1, 128, 0]);
  job.cancel();
  await end(job);
});

test("canceled before it was started: nothing is opened, canceled is reported", async () => {
  const job = new SteppedJob(pipe(counting(5), () => new Listener([])));
  job.cancel();
  await end(job);
  await job.start();
  assert.deepEqual([...job.outcomes().values()], ["canceled", "canceled"]);
  assert.equal(job.segments.length, 0);
});

test("canceled while it opens: what was opened is closed when opening is done", async () => {
  let opened = (): void => undefined;
  class SlowSink extends Listener {
    override open(): Promise<void> {
      super.open();
      return new Promise((resolve) => {
        opened = resolve;
      });
    }
  }
  const job = new SteppedJob(pipe(counting(5), () => new SlowSink([])));
  await job.start();
  assert.equal(job.outcomes().get("sink/0"), undefined);
  job.cancel();
  await settle();
  assert.equal(job.outcomes().get("sink/0"), undefined);
  opened();
  await end(job);
  assert.deepEqual([...job.outcomes().values()], ["canceled", "canceled"]);
  assert.ok(!job.reports.some((report) => report.kind === "running" && report.vertexId === "sink"));
  assertClosedOnce(job);
});

const states: Readonly<Record<string, () => { job: SteppedJob; prepare(): Promise<void> | void }>> =
  {
    "in the middle of its rows": () => {
      const job = new SteppedJob(pipe(counting(1_000_000), () => new Listener([])));
      return { job, prepare: () => stepAll(job, 20) };
    },
    "with an output that has no room": () => {
      const job = new SteppedJob(
        pipe(counting(1_000_000), () => new Listener([])),
        { ringCapacity: TINY_RING },
      );
      const source = job.subtask("source");
      return {
        job,
        prepare: () => {
          for (let step = 0; step < 100; step++) source.step();
          assert.equal(source.canAdvance(0), false);
        },
      };
    },
    "while it waits for the host": () => {
      const job = new SteppedJob(
        pipe(counting(1_000_000), () => new StuckSink([])),
        { bufferTimeoutMs: 0 },
      );
      return {
        job,
        prepare: () => {
          stepAll(job, 20);
          assert.equal(job.subtask("sink").canAdvance(0), false);
        },
      };
    },
    "without any input": () => {
      const job = new SteppedJob(
        pipe(
          (context) => new SilentSource(context, "s", 1),
          () => new Listener([]),
        ),
      );
      return {
        job,
        prepare: () => {
          stepAll(job, 20);
          assert.equal(job.subtask("source").canAdvance(0), false);
        },
      };
    },
  };

function stepAll(job: SteppedJob, rounds: number): void {
  for (let round = 0; round < rounds; round++) for (const subtask of job.subtasks) subtask.step();
}

for (const [state, create] of Object.entries(states)) {
  test(`canceled ${state}: it ends at once, closes everything and gives its memory back`, async () => {
    const { job, prepare } = create();
    await job.start();
    await prepare();
    job.cancel();
    for (const subtask of job.subtasks) {
      assert.equal(subtask.canAdvance(0), false);
      subtask.step();
    }
    await end(job);
    assert.deepEqual([...job.outcomes().values()], ["canceled", "canceled"]);
    assertClosedOnce(job);
  });
}

test("a cancel that comes after the end changes nothing", async () => {
  const job = new SteppedJob(pipe(counting(5), () => new Listener([])));
  await job.start();
  await job.run(first);
  const before = job.reports.length;
  job.cancel();
  await settle();
  assert.equal(job.reports.length, before);
  assertClosedOnce(job);
});

class FailingSink extends Listener {
  readonly #where: string;
  constructor(where: string) {
    super([]);
    this.#where = where;
  }
  #failAt(where: string): void {
    if (this.#where === where)
      throw new EngineError("MR_SINK_FAILED", { operator: "l", message: where });
  }
  override open(): void {
    super.open();
    this.#failAt("open");
  }
  override process(): number {
    this.#failAt("process");
    return STATUS_DONE;
  }
  override watermark(): number {
    this.#failAt("watermark");
    return STATUS_DONE;
  }
  override endOfInput(): number {
    this.#failAt("endOfInput");
    return STATUS_DONE;
  }
  override close(): void {
    super.close();
    this.#failAt("close");
  }
}

for (const where of ["open", "process", "watermark", "endOfInput", "close"]) {
  test(`a segment that throws in ${where}() fails its subtask with its error; everything is closed`, async () => {
    const job = new SteppedJob(pipe(counting(5), () => new FailingSink(where)));
    await job.start();
    await job.run(first).catch(() => job.cancel());
    await end(job);
    const error = failureOf(job, "sink");
    assert.equal(error.code, "MR_SINK_FAILED");
    assert.equal(error.details.message, where);
    assertClosedOnce(job);
  });
}

test("what is no error of the engine is reported with task, subtask and cause", async () => {
  class Faulty extends Listener {
    override process(): number {
      throw new RangeError("off by one");
    }
  }
  const job = new SteppedJob(pipe(counting(5), () => new Faulty([])));
  await job.start();
  await job.run(first);
  const error = failureOf(job, "sink");
  assert.equal(error.code, "MR_TASK_FAILED");
  assert.deepEqual(error.details, { task: "sink", subtask: 1, message: "off by one" });
  assert.equal((error.cause as Error).name, "RangeError");
});

test("a chain that cannot be put together fails its subtask; the others go on until they are canceled", async () => {
  const heard: Heard[] = [];
  const job = new SteppedJob(
    pipe(
      () => assert.fail("no source today"),
      () => new Listener(heard),
    ),
  );
  await job.start();
  assert.match(failureOf(job, "source").message, /no source today/);
  assert.equal(job.subtask("sink").isEnded, false);
  job.cancel();
  await end(job);
  assert.equal(job.outcomes().get("sink/0"), "canceled");
  assert.equal(job.borrowedBytes, 0);
});

test("a budget without room for a task's memory fails that task with figures", async () => {
  const job = new SteppedJob(
    pipe(counting(5), () => new Listener([])),
    { memoryBytes: 200_000 },
  );
  await job.start();
  job.cancel();
  await end(job);
  const error = failureOf(job, "sink");
  assert.equal(error.code, "MR_MEMORY_EXHAUSTED");
  assert.equal(error.details.budget, 200_000);
  assert.equal(job.borrowedBytes, 0);
});

test("what the host fails at fails the subtask that waits for it", async () => {
  const job = new SteppedJob(
    pipe(counting(5), () => new StuckSink([])),
    { bufferTimeoutMs: 0 },
  );
  await job.start();
  stepAll(job, 5);
  const sink = job.segments.find((segment) => segment instanceof StuckSink) as StuckSink;
  sink.fail(new EngineError("MR_SINK_FAILED", { operator: "l", message: "disk full" }));
  await job.run(first);
  assert.equal(failureOf(job, "sink").details.message, "disk full");
});

test("a source whose waiting fails fails its subtask", async () => {
  class Broken extends CountingSource {
    override poll(): number {
      return STATUS_NEED_HOST;
    }
    override hostWork(): Promise<void> {
      return Promise.reject(
        new EngineError("MR_SOCKET_FAILED", { host: "h", port: 1, message: "refused" }),
      );
    }
  }
  const job = new SteppedJob(
    pipe(
      (context) => new Broken(context, "s", 1),
      () => new Listener([]),
    ),
  );
  await job.start();
  await job.run(first);
  assert.equal(failureOf(job, "source").code, "MR_SOCKET_FAILED");
});

test("a failure is reported before its consumers fail for want of an end of input", async () => {
  class Failing extends CountingSource {
    override poll(): number {
      if (super.poll() === STATUS_DONE) throw new EngineError("MR_SOURCE_UNREADABLE", {});
      return STATUS_DONE + 1;
    }
  }
  const heard: Heard[] = [];
  const source = (context: SegmentContext) => new Failing(context, "s", 40);
  const job = new SteppedJob(
    pipe(source, () => new Listener(heard)),
    { bufferTimeoutMs: 0 },
  );
  await job.start();
  await job.run(first);
  const failed = job.reports.filter(({ kind }) => kind === "failed");
  assert.deepEqual(
    failed.map((report) => "vertexId" in report && report.vertexId),
    ["source", "sink"],
  );
  assert.equal(failureOf(job, "source").code, "MR_SOURCE_UNREADABLE");
  assert.equal(failureOf(job, "sink").code, "MR_UPSTREAM_FAILED");
  assert.equal(heard.length, 32, "rows that were sent are seen");
  assertClosedOnce(job);
});

test("splits that come before the source is open wait for it", async () => {
  const job = new SteppedJob(pipe(counting(1), () => new Listener([])));
  const address = { vertexId: "source", subtaskIndex: 0 };
  const [slot] = job.slots;
  slot?.handle({ ...address, kind: "add-splits", splits: ["a", "b"] });
  slot?.handle({ ...address, kind: "no-more-splits" });
  await job.start();
  slot?.handle({ ...address, kind: "add-splits", splits: ["c"] });
  const source = job.segments.find(
    (segment) => segment instanceof CountingSource,
  ) as CountingSource;
  assert.deepEqual(source.splits, ["a", "b", "c"]);
  assert.equal(source.hasAllSplits, true);
  assert.throws(
    () => slot?.handle({ vertexId: "x", subtaskIndex: 0, kind: "no-more-splits" }),
    TypeError,
  );
  await job.run(first);
});

test("a source that refuses its splits fails its subtask", async () => {
  class Picky extends CountingSource {
    override addSplits(): void {
      throw new EngineError("MR_SOURCE_NOT_FOUND", { operator: "s", path: "x" });
    }
  }
  const job = new SteppedJob(
    pipe(
      (context) => new Picky(context, "s", 1),
      () => new Listener([]),
    ),
  );
  await job.start();
  job.slots[0]?.handle({ vertexId: "source", subtaskIndex: 0, kind: "add-splits", splits: [1] });
  assert.equal(failureOf(job, "source").code, "MR_SOURCE_NOT_FOUND");
  job.cancel();
  await end(job);
});

test("a source's request for splits and a segment's reports carry the subtask's address", async () => {
  const job = new SteppedJob(
    pipe(
      (context) => {
        context.requestSplits();
        return new CountingSource(context, "s", 0);
      },
      (context) => {
        context.report({ kind: "printed", text: "hello\n", toStderr: false });
        return new Listener([]);
      },
    ),
  );
  await job.start();
  assert.deepEqual(job.reports.slice(0, 2), [
    { kind: "request-splits", vertexId: "source", subtaskIndex: 0 },
    { kind: "printed", text: "hello\n", toStderr: false, vertexId: "sink", subtaskIndex: 0 },
  ]);
  await job.run(first);
});

test("rows that wait for their timeout are flushed when it has come, and the wait is announced", async () => {
  const heard: Heard[] = [];
  class Trickle extends CountingSource {
    override poll(): number {
      super.poll();
      return STATUS_NEED_HOST;
    }
    override hostWork(): Promise<void> {
      return new Promise(() => undefined);
    }
  }
  const source = (context: SegmentContext) => new Trickle(context, "s", 3);
  const job = new SteppedJob(pipe(source, () => new Listener(heard)));
  await job.start();
  stepAll(job, 3);
  const subtask = job.subtask("source");
  assert.deepEqual(heard, []);
  assert.equal(subtask.dueAt(0), 100);
  assert.equal(subtask.canAdvance(99), false);
  job.clock.advance(100);
  assert.equal(subtask.canAdvance(100), true);
  stepAll(job, 2);
  assert.deepEqual(heard, [0, 1, 2]);
  assert.equal(subtask.dueAt(100), Number.POSITIVE_INFINITY);
  job.cancel();
  await end(job);
});

test("counts rows, batches and bytes of both sides alike", async () => {
  const heard: Heard[] = [];
  const job = new SteppedJob({
    vertices: [
      {
        id: "source",
        parallelism: 1,
        operators: [
          sourceOperator(counting(500)),
          { id: "x", input: "s", segment: (context) => new Multiplier(context, "x", 3) },
        ],
      },
      {
        id: "sink",
        parallelism: 1,
        operators: [{ id: "l", input: null, segment: () => new Listener(heard) }],
      },
    ],
    edges: [{ source: "source", operatorId: "x", target: "sink", partitioner: FORWARD }],
  });
  await job.start();
  await job.run(first);
  const source = metricsOf(job, "source");
  const sink = metricsOf(job, "sink");
  assert.equal(source[METRIC_RECORDS_IN], 500);
  assert.equal(source[METRIC_RECORDS_OUT], 1500);
  assert.equal(sink[METRIC_RECORDS_IN], 1500);
  assert.equal(sink[METRIC_RECORDS_OUT], 0);
  assert.ok((source[METRIC_BATCHES_OUT] as number) > 0);
  assert.equal(sink[METRIC_BATCHES_IN], source[METRIC_BATCHES_OUT]);
  assert.equal(sink[METRIC_BYTES_IN], source[METRIC_BYTES_OUT]);
  assert.equal(sink[METRIC_CURRENT_WATERMARK], Number(2n ** 63n - 1n));
});

test("time counts as busy, idle or backpressured", async () => {
  const job = new SteppedJob(
    pipe(counting(1_000_000), () => new Listener([])),
    { ringCapacity: TINY_RING },
  );
  await job.start();
  const source = job.subtask("source");
  const sink = job.subtask("sink");
  sink.step();
  job.clock.advance(7);
  sink.step();
  for (let step = 0; step < 100; step++) source.step();
  job.clock.advance(30);
  source.step();
  assert.equal(metricsOf(job, "sink")[METRIC_IDLE_MS], 7);
  assert.equal(metricsOf(job, "source")[METRIC_BACKPRESSURED_MS], 30);
  sink.step();
  job.clock.advance(5);
  sink.step();
  assert.equal(metricsOf(job, "sink")[METRIC_BUSY_MS], 5);
  sink.askToBeWoken();
  job.clock.advance(11);
  sink.step();
  assert.equal(
    metricsOf(job, "sink")[METRIC_IDLE_MS],
    7 + 30 + 11,
    "a subtask that sleeps is idle",
  );
  assert.ok((metricsOf(job, "sink")[METRIC_MEMORY_BYTES] as number) >= 131_072);
  assert.equal(Number.isNaN(metricsOf(job, "sink")[METRIC_CURRENT_WATERMARK]), true);
  job.cancel();
  await end(job);
});

function metricsOf(job: SteppedJob, vertexId: string): Float64Array {
  const { metrics } = job.deployments[0] as { metrics: SharedArrayBuffer };
  return new Float64Array(metrics, job.subtask(vertexId).spec.metricsOffset, METRIC_COUNT);
}
