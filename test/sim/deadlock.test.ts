/**
 * Jobs in which producers and consumers share a thread and rings hold next to nothing, under ten
 * thousand schedules: a seeded scheduler picks which subtask steps next. No schedule may deadlock,
 * lose a row, double one or overtake one, and all memory has to come back.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPrng } from "../../dataplane/worker/prng.ts";
import type { SegmentContext } from "../../dataplane/worker/segment.ts";
import { SteppedJob } from "../unit/dataplane/worker/stepped-job.ts";
import { type TestJob, type TestVertex, TINY_RING } from "../unit/dataplane/worker/test-job.ts";
import {
  CountingSource,
  type Heard,
  Listener,
  Multiplier,
} from "../unit/dataplane/worker/tiny-segments.ts";

const REBALANCE = { kind: "rebalance" } as const;
const FORWARD = { kind: "forward" } as const;

interface Scenario {
  readonly job: TestJob;
  /** What each subtask of the sink has to hear, all together, in ascending order. */
  readonly expected: Int32Array;
  /** Numbers reach a sink in ascending order. */
  readonly isOrdered: boolean;
  /** Emptied before each run. */
  readonly heard: readonly Heard[][];
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function source(parallelism: number, count: number, outputRows: number): TestVertex {
  const segment = (context: SegmentContext) => new CountingSource(context, "s", count, outputRows);
  return {
    id: "source",
    parallelism,
    operators: [{ id: "s", input: null, isSource: true, segment }],
  };
}

function multiplier(
  id: string,
  parallelism: number,
  times: number,
  outputRows: number,
): TestVertex {
  const segment = (context: SegmentContext) => new Multiplier(context, id, times, outputRows);
  return { id, parallelism, operators: [{ id, input: null, segment }] };
}

function sink(heard: Heard[][], waitEvery: number): TestVertex {
  const segment = (context: SegmentContext) =>
    new Listener(heard[context.subtaskIndex] ?? [], waitEvery);
  return { id: "sink", parallelism: heard.length, operators: [{ id: "l", input: null, segment }] };
}

/** source -> flatMap of one record to many -> sink. */
function expansion(parallelism: number, count: number, times: number): Scenario {
  const heard: Heard[][] = range(parallelism).map(() => []);
  const job: TestJob = {
    vertices: [source(1, count, 3), multiplier("expand", parallelism, times, 50), sink(heard, 311)],
    edges: [
      { source: "source", operatorId: "s", target: "expand", partitioner: REBALANCE },
      { source: "expand", operatorId: "expand", target: "sink", partitioner: FORWARD },
    ],
  };
  return { job, heard, isOrdered: true, expected: Int32Array.from(range(count * times)) };
}

/** One source, two branches of different output, which meet in a union. */
function diamond(parallelism: number, count: number): Scenario {
  const heard: Heard[][] = range(parallelism).map(() => []);
  const job: TestJob = {
    vertices: [
      source(parallelism, count, 7),
      multiplier("left", parallelism, 40, 100),
      multiplier("right", parallelism, 25, 60),
      sink(heard, 0),
    ],
    edges: [
      { source: "source", operatorId: "s", target: "left", partitioner: REBALANCE },
      { source: "source", operatorId: "s", target: "right", partitioner: REBALANCE },
      { source: "left", operatorId: "left", target: "sink", partitioner: REBALANCE },
      { source: "right", operatorId: "right", target: "sink", partitioner: REBALANCE },
    ],
  };
  const values = range(parallelism).flatMap(() => [...range(count * 40), ...range(count * 25)]);
  return { job, heard, isOrdered: false, expected: Int32Array.from(values).sort() };
}

/** Rows once each and in order, then one last watermark and the end. */
function check({ heard, expected, isOrdered }: Scenario): void {
  const all: number[] = [];
  for (const own of heard) {
    assert.deepEqual(own.splice(-2), [{ watermark: 2n ** 63n - 1n }, "end"]);
    let last = -1;
    for (const value of own) {
      if (typeof value !== "number") assert.fail("an event among the rows");
      assert.ok(!isOrdered || value > last, `${value} behind ${last}`);
      last = value;
      all.push(value);
    }
  }
  const sorted = Int32Array.from(all).sort();
  assert.equal(sorted.length, expected.length);
  assert.equal(
    sorted.findIndex((value, index) => value !== expected[index]),
    -1,
  );
}

async function runSchedule(scenario: Scenario, slots: number, seed: number): Promise<void> {
  for (const own of scenario.heard) own.length = 0;
  const bufferTimeoutMs = (seed % 3) - 1;
  const options = { slots, bufferTimeoutMs, ringCapacity: TINY_RING };
  const stepped = new SteppedJob(scenario.job, options, seed);
  await stepped.start();
  await stepped.run(schedulerOf(seed));
  check(scenario);
  assert.equal(stepped.borrowedBytes, 0);
  assert.ok([...stepped.outcomes().values()].every((kind) => kind === "finished"));
}

/** Uniform, or unfair: always the first or the last that can get on, most of the time. */
function schedulerOf(seed: number): (count: number) => number {
  const { nextInt } = createPrng(seed);
  switch (seed % 4) {
    case 0:
      return (count) => (nextInt(10) === 0 ? nextInt(count) : 0);
    case 1:
      return (count) => (nextInt(10) === 0 ? nextInt(count) : count - 1);
    default:
      return nextInt;
  }
}

interface Variant {
  readonly name: string;
  readonly slots: number;
  readonly schedules: number;
  readonly scenario: Scenario;
}

const variants: readonly Variant[] = [
  { name: "one record to many (p=1)", slots: 1, schedules: 4200, scenario: expansion(1, 1, 400) },
  {
    name: "one record to many (p=2, 2 slots)",
    slots: 2,
    schedules: 1500,
    scenario: expansion(2, 4, 150),
  },
  { name: "diamond with a union (p=1)", slots: 1, schedules: 3500, scenario: diamond(1, 8) },
  {
    name: "diamond with a union (p=2, 2 slots)",
    slots: 2,
    schedules: 800,
    scenario: diamond(2, 5),
  },
];

for (const { name, slots, schedules, scenario } of variants) {
  test(`sim: deadlock: ${name}, ${schedules} schedules`, async () => {
    for (let seed = 1; seed <= schedules; seed++) {
      try {
        await runSchedule(scenario, slots, seed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
}

test("sim: deadlock: one record becomes a million through rings of a few frames", async () => {
  const scenario = expansion(1, 1, 1_000_000);
  const stepped = new SteppedJob(scenario.job);
  await stepped.start();
  await stepped.run(createPrng(5).nextInt);
  check(scenario);
  assert.equal(stepped.borrowedBytes, 0);
});
