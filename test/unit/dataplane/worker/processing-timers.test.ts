import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../../../dataplane/protocol/status.ts";
import { Chain } from "../../../../dataplane/worker/chain.ts";
import { runMailboxLoop } from "../../../../dataplane/worker/mailbox-loop.ts";
import type { SegmentContext } from "../../../../dataplane/worker/segment.ts";
import { LocalSleeper } from "../../../../dataplane/worker/sleeper.ts";
import { createMemory } from "../../../oracle/kernel-memory.ts";
import { SteppedJob, settle, workloadOf } from "./stepped-job.ts";
import type { TestJob, TestOperator } from "./test-job.ts";
import { CountingSource, readInts, TinyOutput, TinySegment } from "./tiny-segments.ts";

/** Emits a number per timer that fires; its log says what it was called with. */
class Alarm extends TinySegment {
  readonly outputs: readonly TinyOutput[];
  readonly log: string[];
  readonly #timers: number[];
  hold: Promise<void> | null = null;

  constructor(output: TinyOutput, log: string[], timers: readonly number[]) {
    super();
    this.outputs = [output];
    this.log = log;
    this.#timers = [...timers];
    this.#schedule();
  }

  process(input: BatchView): number {
    if (this.hold !== null) return STATUS_NEED_HOST;
    this.log.push(`rows ${readInts(input).join(",")}`);
    return STATUS_DONE;
  }

  override timer(nowMs: bigint): number {
    while ((this.#timers[0] ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const timer = this.#timers.shift() as number;
      this.log.push(`timer ${timer} at ${nowMs}`);
      this.outputs[0]?.push(timer);
    }
    this.#schedule();
    return STATUS_DONE;
  }

  override hostWork(): Promise<void> {
    return this.hold ?? Promise.resolve();
  }

  override endOfInput(): number {
    this.log.push("end");
    return STATUS_DONE;
  }

  #schedule(): void {
    this.nextTimerMs = this.#timers[0] ?? Number.POSITIVE_INFINITY;
  }
}

/** Has a row at each poll that a test asks for, and nothing in between. */
class HandSource extends CountingSource {
  #room = 0;
  #goOn: () => void = () => undefined;

  constructor(context: SegmentContext) {
    super(context, "s", 3);
  }

  give(): void {
    this.#room += 1;
    this.#goOn();
  }

  override poll(): number {
    if (this.#room === 0) return STATUS_NEED_HOST;
    this.#room -= 1;
    this.outputs[0]?.push(this.next++);
    return this.next === 3 ? STATUS_DONE : STATUS_NEED_HOST;
  }

  override hostWork(): Promise<void> {
    if (this.#room > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }
}

interface Timed {
  readonly job: SteppedJob;
  readonly log: string[];
  source(): HandSource;
  alarm(): Alarm;
}

/** A source and an Alarm chained to it. */
function timedJob(timers: readonly number[]): Timed {
  const log: string[] = [];
  const source: TestOperator = {
    id: "s",
    input: null,
    isSource: true,
    segment: (context) => new HandSource(context),
  };
  const alarm: TestOperator = {
    id: "a",
    input: "s",
    segment: ({ memory }) => new Alarm(new TinyOutput(memory, "a", 16), log, timers),
  };
  const vertices = [{ id: "v", parallelism: 1, operators: [source, alarm] }];
  const plan: TestJob = { vertices, edges: [] };
  const job = new SteppedJob(plan);
  return {
    job,
    log,
    source: () => job.segments[0] as HandSource,
    alarm: () => job.segments[1] as Alarm,
  };
}

function drain(job: SteppedJob): void {
  const [subtask] = job.subtasks;
  while (subtask?.canAdvance(job.clock.monotonic()) === true && !subtask.isEnded) subtask.step();
}

test("a timer event goes down the chain behind the rows it makes segments emit, and never leaves it", () => {
  const { memory } = createMemory();
  const log: string[] = [];
  const alarms = ["a", "b"].map((id) => new Alarm(new TinyOutput(memory, id, 16), log, [3]));
  const target = {
    write: (rows: BatchView) => log.push(`out ${readInts(rows).join(",")}`) > 0,
    writeControl: () => assert.fail("a timer has left the chain"),
  };
  const chain = new Chain(
    alarms.map((segment, index) => ({
      segment,
      input: index === 0 ? null : { operatorId: "a", output: 0 },
    })),
    [
      { operatorId: "a", output: 0, target },
      { operatorId: "b", output: 0, target },
    ],
    { wake: () => undefined, sourceRows: () => undefined },
  );
  chain.begin({ kind: "timer", nowMs: 4n });
  assert.equal(chain.advance(), "done");
  assert.deepEqual(log, ["timer 3 at 4", "out 3", "rows 3", "timer 3 at 4", "out 3"]);
});

test("a timer fires when its ms is over, in front of the next input", async () => {
  const { job, log, source } = timedJob([100, 250]);
  const [subtask] = job.subtasks;
  await job.start();
  drain(job);
  assert.equal(subtask?.dueAt(0), 101);
  job.clock.advance(100);
  assert.equal(subtask?.canAdvance(100), false, "the ms of the timer is not over");
  assert.equal(subtask?.dueAt(100), 101);
  source().give();
  await settle();
  job.clock.advance(1);
  drain(job);
  await settle();
  assert.deepEqual(log, ["timer 100 at 100", "rows 0"]);
  assert.equal(subtask?.dueAt(101), 251);
  job.cancel();
});

test("timers wait while the chain is busy, without keeping the loop awake", async () => {
  const { job, log, source, alarm } = timedJob([100]);
  const [subtask] = job.subtasks;
  await job.start();
  drain(job);
  let letGo = (): void => undefined;
  alarm().hold = new Promise((resolve) => {
    letGo = resolve;
  });
  source().give();
  await settle();
  drain(job);
  job.clock.advance(500);
  assert.equal(subtask?.canAdvance(500), false);
  assert.equal(subtask?.dueAt(500), Number.POSITIVE_INFINITY);
  alarm().hold = null;
  letGo();
  await settle();
  drain(job);
  assert.deepEqual(log, ["rows 0", "timer 100 at 499"]);
  job.cancel();
});

test("at the end of input timers that are left do not fire", async () => {
  const { job, log, source } = timedJob([100, 5000]);
  await job.start();
  for (let row = 0; row < 3; row++) {
    drain(job);
    source().give();
    await settle();
  }
  await job.run(() => 0);
  assert.equal(job.isEnded, true);
  job.clock.advance(10_000);
  drain(job);
  assert.deepEqual(log, ["rows 0", "rows 1", "rows 2", "end"]);
});

test("the loop sleeps until the first timer and no longer, though no input comes", async () => {
  const { job, log } = timedJob([40, 90]);
  const { clock } = job;
  await job.start();
  const sleeper = new LocalSleeper(clock);
  const loop = runMailboxLoop(workloadOf(...job.subtasks), sleeper, clock);
  const firedBy: number[] = [];
  for (let ms = 0; ms < 120; ms++) {
    await settle();
    if (log.length > firedBy.length) firedBy.push(clock.now());
    clock.advance(1);
  }
  assert.deepEqual(log, ["timer 40 at 40", "timer 90 at 90"]);
  assert.deepEqual(firedBy, [41, 91]);
  job.cancel();
  sleeper.wake();
  for (let turn = 0; turn < 5; turn++) await settle();
  await loop;
});
