import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../../../dataplane/protocol/status.ts";
import type { SegmentContext } from "../../../../dataplane/worker/segment.ts";
import { SteppedJob } from "./stepped-job.ts";
import {
  assertClosedOnce,
  counting,
  end,
  failureOf,
  first,
  pipe,
  StuckSink,
  stepAll,
} from "./subtask-jobs.ts";
import { CountingSource, type Heard, Listener } from "./tiny-segments.ts";

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
