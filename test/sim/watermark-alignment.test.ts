/**
 * Sources that run at different paces in one watermark group, under a seeded scheduler that picks who
 * steps next and how time goes on. In no schedule is a reader asked while it is more than the drift ahead,
 * nobody waits for ever, and every row arrives.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamExecutionEnvironment } from "../../control/api/environment.ts";
import { WatermarkStrategy } from "../../control/api/watermark-strategy.ts";
import { ManualClock } from "../../control/common/manual-clock.ts";
import { expandExecutionGraph } from "../../control/plan/execution-graph.ts";
import { deployJob } from "../../control/runtime/slot-deployments.ts";
import type { PollResult, Source, SourceOutput } from "../../dataplane/connectors/source.ts";
import type { WatermarkOutput } from "../../dataplane/connectors/watermark-generator.ts";
import { createSegments } from "../../dataplane/worker/operators/create-segments.ts";
import { createPrng, type Prng } from "../../dataplane/worker/prng.ts";
import { Slot } from "../../dataplane/worker/slot.ts";
import { FakeCluster } from "../unit/control/fake-cluster.ts";
import { settle } from "../unit/dataplane/worker/stepped-job.ts";
import { kernels } from "../unit/dataplane/worker/test-job.ts";

const DRIFT_MS = 500;
const INTERVAL_MS = 20;
const MAX_STEPS = 200_000;

/** All readers of a run, and what they may do. */
class Race {
  /** Until it is open, each reader has given one record, of time 0. */
  isOpen = false;
  /** Watermarks of readers that have not ended. */
  readonly watermarks = new Map<string, number>();
  maxDriftMs = 0;
  readonly #waiting = new Set<() => void>();

  open(): void {
    this.isOpen = true;
    for (const wake of this.#waiting) wake();
  }

  opened(): Promise<void> {
    return this.isOpen
      ? Promise.resolve()
      : new Promise((resolve) => this.#waiting.add(() => resolve()));
  }

  /** How far ahead of the slowest `name` is as it is asked for a record. */
  look(name: string): void {
    const own = this.watermarks.get(name) ?? 0;
    this.maxDriftMs = Math.max(this.maxDriftMs, own - Math.min(...this.watermarks.values()));
  }
}

/** Records whose times, which they are, grow by up to `paceMs`; a watermark behind each. */
class Racer implements Source<number> {
  readonly boundedness = "BOUNDED";
  readonly description = "racer";
  readonly producedType = { kind: "INT" } as const;
  readonly #race: Race;
  readonly #name: string;
  readonly #count: number;
  readonly #paceMs: number;
  readonly #prng: Prng;

  constructor(race: Race, name: string, count: number, paceMs: number, prng: Prng) {
    this.#race = race;
    this.#name = name;
    this.#count = count;
    this.#paceMs = paceMs;
    this.#prng = prng;
  }

  createEnumerator(): never {
    throw new TypeError("not here");
  }

  createReader({ subtaskIndex }: { readonly subtaskIndex: number }) {
    const race = this.#race;
    const name = `${this.#name}/${subtaskIndex}`;
    let given = 0;
    let timeMs = 0;
    const pollNext = (output: SourceOutput<number>): PollResult => {
      if (given > 0 && !race.isOpen) return "nothing";
      race.look(name);
      if (given > 0) timeMs += 1 + this.#prng.nextInt(this.#paceMs);
      output.collect(timeMs, timeMs);
      race.watermarks.set(name, timeMs);
      given += 1;
      if (given < this.#count) return "more";
      race.watermarks.delete(name);
      return "end";
    };
    return {
      start: () => undefined,
      pollNext,
      isAvailable: () => race.opened(),
      addSplits: () => undefined,
      notifyNoMoreSplits: () => undefined,
      snapshotState: () => [],
      close: () => undefined,
    };
  }
}

const punctuated = WatermarkStrategy.forGenerator<number>(() => ({
  onEvent: (_value: number, timestampMs: number, output: WatermarkOutput) =>
    output.emitWatermark(timestampMs),
  onPeriodicEmit: () => undefined,
}));

interface Scenario {
  readonly seed: number;
  readonly strategy: WatermarkStrategy<number>;
  /** Of the slow source and of the fast one. */
  readonly parallelism: readonly [number, number];
}

async function run({ seed, strategy, parallelism }: Scenario): Promise<Race> {
  const prng = createPrng(seed);
  const race = new Race();
  const rows: number[] = [];
  const cluster = new FakeCluster();
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    edgeMemory: 65_536,
    bufferTimeoutMs: 0,
  });
  const [slow, fast] = parallelism;
  const sources = [
    env.fromSource(new Racer(race, "slow", 200, 20, prng), strategy, "slow").setParallelism(slow),
    env.fromSource(new Racer(race, "fast", 60, 400, prng), strategy, "fast").setParallelism(fast),
  ] as const;
  const writer = { write: (row: number) => void rows.push(row), flush() {}, close() {} };
  const sink = { description: "rows", createWriter: () => writer };
  sources[0].union(sources[1]).sinkTo(sink).setParallelism(1);
  await cluster.run(() => env.executeAsync("race"));
  const [{ plan, settings }] = cluster.submitted as [(typeof cluster.submitted)[0]];
  const clock = new ManualClock();
  const executionGraph = expandExecutionGraph(plan.graph);
  const request = { jobId: "j", graph: plan.graph, executionGraph, settings, kernels, modules: {} };
  const slots = deployJob(request).slots.map(
    (deployment) =>
      new Slot({
        deployment,
        functions: plan.functions,
        peers: "same-thread",
        clock,
        prng,
        createSegments,
        report: () => undefined,
        wake: () => undefined,
      }),
  );
  await schedule(slots, clock, prng, race);
  assert.equal(rows.length, 200 * slow + 60 * fast);
  assert.ok(slots.every(({ memoryManager }) => memoryManager.borrowed === 0));
  return race;
}

async function schedule(
  slots: readonly Slot[],
  clock: ManualClock,
  prng: Prng,
  race: Race,
): Promise<void> {
  const subtasks = slots.flatMap((slot) => slot.subtasks);
  const able = () => subtasks.filter((task) => !task.isEnded && task.canAdvance(clock.monotonic()));
  for (const slot of slots) slot.handle({ kind: "start" });
  await settle();
  // Everybody reports and looks.
  for (let round = 0; round < 4; ++round) {
    for (let steps = 0; able().length > 0 && steps < 100; ++steps) able()[0]?.step();
    await settle();
    clock.advance(INTERVAL_MS + 1);
  }
  race.open();
  await settle();
  let idle = 0;
  for (let steps = 0; !subtasks.every(({ isEnded }) => isEnded); ++steps) {
    if (steps > MAX_STEPS) throw new Error("the job does not end");
    const ready = able();
    ready[prng.nextInt(Math.max(1, ready.length))]?.step();
    idle = ready.length > 0 ? 0 : idle + 1;
    if (idle > 50) throw new Error("deadlock: no subtask can get on");
    if (ready.length === 0) await settle();
    if (ready.length === 0 || prng.nextInt(20) === 0) clock.advance(prng.nextInt(15));
  }
}

const aligned = punctuated.withWatermarkAlignment("race", DRIFT_MS, INTERVAL_MS);

for (const parallelism of [[1, 1] as const, [2, 3] as const]) {
  test(`sim: watermark alignment: nobody is asked who is too far ahead (p=${parallelism.join(", ")}), 40 schedules`, async () => {
    for (let seed = 1; seed <= 40; ++seed) {
      const race = await run({ seed, strategy: aligned, parallelism });
      assert.ok(race.maxDriftMs <= DRIFT_MS, `seed ${seed}: ${race.maxDriftMs} ms ahead`);
    }
  });
}

test("sim: watermark alignment: without it the same sources run far ahead", async () => {
  const race = await run({ seed: 1, strategy: punctuated, parallelism: [1, 1] });
  assert.ok(race.maxDriftMs > 5 * DRIFT_MS, `${race.maxDriftMs} ms ahead`);
});
