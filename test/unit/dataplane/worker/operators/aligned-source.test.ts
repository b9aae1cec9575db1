/** A source that waits for others of its watermark group, as the task sees it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../../../../control/common/manual-clock.ts";
import type { Source, SourceOutput } from "../../../../../dataplane/connectors/source.ts";
import type { OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import { LONG_MAX } from "../../../../../dataplane/protocol/long.ts";
import {
  STATUS_DONE,
  STATUS_NEED_HOST,
  STATUS_OUTPUT_FULL,
} from "../../../../../dataplane/protocol/status.ts";
import { createWatermarkCells } from "../../../../../dataplane/protocol/watermark-group.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { SourceSegment } from "../../../../../dataplane/worker/segment.ts";
import { batchType, createHarness, INT, readRows } from "./harness.ts";

const CURSOR = { row: 0, step: 0 };

/** One value a poll; its time is the value. */
class Values implements Source<number> {
  readonly boundedness = "BOUNDED";
  readonly description = "values";
  readonly producedType = INT;
  readonly values: number[];
  polls = 0;

  constructor(values: readonly number[]) {
    this.values = [...values];
  }

  createEnumerator(): never {
    throw new TypeError("not here");
  }

  createReader() {
    return {
      start: () => undefined,
      pollNext: (output: SourceOutput<number>) => {
        this.polls += 1;
        const value = this.values.shift();
        if (value !== undefined) output.collect(value, value);
        return this.values.length === 0 ? ("end" as const) : ("more" as const);
      },
      isAvailable: () => new Promise<void>(() => undefined),
      addSplits: () => undefined,
      notifyNoMoreSplits: () => undefined,
      snapshotState: () => [],
      close: () => undefined,
    };
  }
}

async function open(values: readonly number[]) {
  const spec: OperatorSpec = {
    kind: "source",
    id: "src",
    name: "my source",
    input: null,
    inputType: null,
    outputType: batchType(INT),
    engine: "js",
    watermarks: {
      generator: { kind: "max-timestamp", lagMs: 0 },
      assigner: false,
      idlenessMs: null,
      intervalMs: 10,
      alignment: { group: "g", maxDriftMs: 100, updateIntervalMs: 25 },
    },
  };
  const source = new Values(values);
  const harness = await createHarness({ "src/source": source }, [spec]);
  const clock = new ManualClock();
  const cells = createWatermarkCells(2);
  const watermarkGroup = { cells, index: 0 };
  const context = { ...harness.context, clock, watermarkGroup };
  const segment = createSegments(context, { outputRows: 4 })[0]?.segment as SourceSegment;
  await segment.open();
  const group = new BigInt64Array(cells);
  return { segment, clock, source, group };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Rows of a poll, with what the task does behind them. */
function shipped({ segment }: Opened): unknown[] {
  const builder = segment.outputs[0]?.builder;
  const rows = builder ? readRows(builder).map(({ value }) => value) : [];
  builder?.reset();
  while (segment.takeControl?.()) {}
  return rows;
}

/** Lets the timers up to `ms` fire that are due. */
function moveTo(job: Opened, ms: number): void {
  job.clock.setTime(ms);
  while (job.segment.nextTimerMs < ms) {
    job.segment.timer(BigInt(ms - 1), CURSOR);
    shipped(job);
  }
}

async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test("it asks its reader for nothing while it is ahead, and the task may sleep until it is not", async () => {
  const job = await open([1000, 1200, 1201]);
  const { segment, source, group } = job;
  assert.equal(segment.poll(), STATUS_OUTPUT_FULL);
  assert.deepEqual(shipped(job), [1000]);
  assert.equal(segment.nextTimerMs, 10);
  group[1] = 899n;
  moveTo(job, 26);
  assert.equal(group[0], 1000n, "reported");
  assert.equal(segment.poll(), STATUS_NEED_HOST);
  assert.equal(source.polls, 1);
  const work = segment.hostWork();
  moveTo(job, 50);
  assert.equal(await isSettled(work), false);
  group[1] = 900n;
  moveTo(job, 77);
  assert.equal(await isSettled(work), true);
  assert.equal(segment.poll(), STATUS_OUTPUT_FULL);
  assert.deepEqual(shipped(job), [1200]);
  moveTo(job, 88);
  assert.equal(segment.poll(), STATUS_NEED_HOST, "held by its own new watermark");
  group[1] = LONG_MAX;
  moveTo(job, 110);
  assert.equal(await isSettled(segment.hostWork()), true, "let go before it was waited for");
  assert.equal(segment.poll(), STATUS_DONE);
  assert.deepEqual(shipped(job), [1201]);
  segment.watermark(LONG_MAX, CURSOR);
  assert.equal(group[0], LONG_MAX, "nobody waits for one that has ended");
  await segment.close();
});

test("rows that wait are shipped before it pauses, and an end that was said stands", async () => {
  const job = await open([1000, 5000]);
  const { segment, group } = job;
  segment.poll();
  assert.equal(segment.poll(), STATUS_DONE);
  group[1] = 0n;
  moveTo(job, 26);
  assert.equal(segment.poll(), STATUS_DONE);
});

test("closed while it is held, it holds nobody else", async () => {
  const job = await open([1000, 1200]);
  const { segment, group } = job;
  segment.poll();
  group[1] = 0n;
  moveTo(job, 26);
  assert.equal(segment.poll(), STATUS_NEED_HOST);
  await segment.close();
  assert.equal(group[0], LONG_MAX);
});
