import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { Counter } from "../../../../dataplane/protocol/accumulators.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../../../dataplane/protocol/status.ts";
import type { SegmentContext } from "../../../../dataplane/worker/segment.ts";
import { SteppedJob, settle } from "./stepped-job.ts";
import {
  assertClosedOnce,
  counting,
  end,
  failureOf,
  first,
  pipe,
  SilentSource,
  StuckSink,
  stepAll,
} from "./subtask-jobs.ts";
import { TINY_RING } from "./test-job.ts";
import { CountingSource, type Heard, Listener } from "./tiny-segments.ts";

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
