/**
 * Checkpoints of a small job under some hundred schedules: a seeded scheduler picks which subtask steps
 * next, when checkpoints are triggered and given up, and when each slot is told. The snapshot of every
 * checkpoint that was not given up has to be a cut: sinks have exactly the rows in front of the sources'
 * positions (AT_LEAST_ONCE: at least those), and no subtask ends before what it waits for is complete.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchView } from "../../dataplane/memory/batch-view.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import type { CheckpointOptions, MemorySubtaskState } from "../../dataplane/protocol/checkpoint.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { createPrng, type Prng } from "../../dataplane/worker/prng.ts";
import type { Slot } from "../../dataplane/worker/slot.ts";
import { createMemory } from "../oracle/kernel-memory.ts";
import { SteppedJob, settle } from "../unit/dataplane/worker/stepped-job.ts";
import { TINY_RING } from "../unit/dataplane/worker/test-job.ts";
import { readInts } from "../unit/dataplane/worker/tiny-segments.ts";
import { diamond, type Keeper, ROWS, STRIDE, TIMES } from "./checkpoint-job.ts";

const SEEDS = 30;
const MAX_STEPS = 100_000;

type SlotEvent = Parameters<Slot["handle"]>[0];

interface Checkpoint {
  readonly id: number;
  readonly mode: CheckpointOptions["mode"];
  readonly acknowledged: Map<string, MemorySubtaskState>;
  state: "pending" | "complete" | "aborted";
}

/** Triggers checkpoints, gives some up, and tells slots late. */
class RandomCoordinator {
  readonly checkpoints: Checkpoint[] = [];
  readonly #job: SteppedJob;
  readonly #prng: Prng;
  readonly #commands: SlotEvent[][];
  readonly #finished = new Set<string>();
  #seenReports = 0;

  constructor(job: SteppedJob, prng: Prng) {
    this.#job = job;
    this.#prng = prng;
    this.#commands = job.slots.map(() => []);
  }

  /** Between two steps. */
  turn(isIdle: boolean): void {
    this.#takeReports();
    const last = this.checkpoints.at(-1);
    const isPending = last?.state === "pending";
    if (!isPending && (isIdle || this.#prng.nextInt(40) === 0)) this.#trigger();
    else if (isPending && this.#prng.nextInt(400) === 0) this.#settle(last, "aborted");
    for (const [index, commands] of this.#commands.entries()) {
      if (commands.length === 0 || (!isIdle && this.#prng.nextInt(4) > 0)) continue;
      this.#job.slots[index]?.handle(commands.shift() as SlotEvent);
    }
  }

  #trigger(): void {
    const id = this.checkpoints.length + 1;
    const mode = this.#prng.nextInt(4) === 0 ? "AT_LEAST_ONCE" : "EXACTLY_ONCE";
    this.checkpoints.push({ id, mode, acknowledged: new Map(), state: "pending" });
    const options = { mode, type: "checkpoint", stop: null } as const;
    for (const [index, { subtasks }] of this.#job.slots.entries()) {
      const trigger = { kind: "trigger-checkpoint", checkpointId: id, triggeredMs: 0 } as const;
      for (const { spec } of subtasks) {
        const { vertexId, subtaskIndex } = spec;
        this.#commands[index]?.push({ ...trigger, vertexId, subtaskIndex, options });
      }
    }
  }

  #settle(checkpoint: Checkpoint, state: "complete" | "aborted"): void {
    checkpoint.state = state;
    this.#send({ kind: `checkpoint-${state}`, checkpointId: checkpoint.id });
  }

  #send(command: SlotEvent): void {
    for (const commands of this.#commands) commands.push(command);
  }

  #takeReports(): void {
    const { reports, subtasks } = this.#job;
    for (const report of reports.slice(this.#seenReports)) {
      if (report.kind === "finished")
        this.#finished.add(`${report.vertexId}/${report.subtaskIndex}`);
      if (report.kind === "decline-checkpoint" || report.kind === "failed")
        assert.fail(report.kind);
      if (report.kind !== "acknowledge-checkpoint") continue;
      const name = `${report.vertexId}/${report.subtaskIndex}`;
      assert.ok(!this.#finished.has(name), "who has ended acknowledges nothing");
      const { acknowledged } = this.checkpoints[report.checkpointId - 1] as Checkpoint;
      assert.ok(!acknowledged.has(name), "a subtask acknowledges once");
      assert.equal(report.state.kind, "memory");
      acknowledged.set(name, report.state);
    }
    this.#seenReports = reports.length;
    const last = this.checkpoints.at(-1);
    if (last?.state !== "pending") return;
    const names = subtasks.map(({ spec }) => `${spec.vertexId}/${spec.subtaskIndex}`);
    if (names.every((name) => last.acknowledged.has(name) || this.#finished.has(name))) {
      this.#settle(last, "complete");
    }
  }
}

/** Rows of the sinks, in ascending order, for these positions of the sources. */
function rowsInFront(positions: readonly number[]): number[] {
  const values = positions.flatMap((position, subtask) =>
    Array.from({ length: position }, (_, row) => subtask * STRIDE + row),
  );
  const tripled = values.flatMap((value) => [0, 1, 2].map((step) => value * TIMES + step));
  return [...values, ...tripled].sort((a, b) => a - b);
}

const { memory } = createMemory();

function intsOf(state: MemorySubtaskState): number[] {
  return state.rows.flatMap(({ batch, type }) => {
    const ptr = memory.alloc(batch.length);
    memory.u8.set(batch, ptr);
    const ints = readInts(BatchView.open(memory, Schema.of(type), ptr));
    memory.free(ptr, batch.length);
    return ints;
  });
}

function checkCut({ acknowledged, mode, id }: Checkpoint, keepers: readonly Keeper[]): void {
  const positions = [0, 1].map((subtask) => {
    const state = acknowledged.get(`source/${subtask}`);
    const [value] = state?.operatorState[0]?.entries[0]?.values ?? [ROWS];
    return value as number;
  });
  const rows = [0, 1].flatMap((subtask) => {
    const state = acknowledged.get(`sink/${subtask}`);
    return state === undefined ? (keepers[subtask]?.seen ?? []) : intsOf(state);
  });
  rows.sort((a, b) => a - b);
  const expected = rowsInFront(positions);
  if (mode === "EXACTLY_ONCE") {
    assert.deepEqual(rows, expected, `checkpoint ${id}`);
    return;
  }
  const rest = new Map<number, number>();
  for (const row of rows) rest.set(row, (rest.get(row) ?? 0) + 1);
  for (const row of expected) rest.set(row, (rest.get(row) ?? 0) - 1);
  assert.ok(
    [...rest.values()].every((count) => count >= 0),
    `checkpoint ${id} lacks rows`,
  );
}

/** @returns how many checkpoints were complete */
async function runSchedule(seed: number, awaits: boolean): Promise<number> {
  const keepers: Keeper[] = [];
  const prng = createPrng(seed);
  const options = { slots: 2, bufferTimeoutMs: (seed % 3) - 1, ringCapacity: TINY_RING };
  const job = new SteppedJob(diamond(awaits, keepers), options, seed);
  const coordinator = new RandomCoordinator(job, prng);
  await job.start();
  for (let steps = 0; !job.isEnded; steps++) {
    assert.ok(steps < MAX_STEPS, "the job does not end");
    const nowMs = job.clock.monotonic();
    const able = job.subtasks.filter((subtask) => !subtask.isEnded && subtask.canAdvance(nowMs));
    coordinator.turn(able.length === 0);
    able[prng.nextInt(Math.max(1, able.length))]?.step();
    if (able.length > 0) continue;
    await settle();
    job.clock.advance(100);
  }
  assert.equal(job.borrowedBytes, 0);
  const complete = coordinator.checkpoints.filter(({ state }) => state === "complete");
  for (const checkpoint of complete) checkCut(checkpoint, keepers);
  const finalRows = keepers.flatMap(({ seen }) => seen).sort((a, b) => a - b);
  assert.deepEqual(finalRows, rowsInFront([ROWS, ROWS]));
  return complete.length;
}

for (const awaits of [false, true]) {
  test(`snapshots are cuts under ${SEEDS} schedules${awaits ? ", the last one of all rows" : ""}`, async () => {
    let complete = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      complete += await runSchedule(seed, awaits).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      });
    }
    assert.ok(complete > SEEDS, `${complete} checkpoints were complete`);
  });
}

test("a subtask that does not run yet declines", () => {
  const job = new SteppedJob(diamond(false, []));
  const options = { mode: "EXACTLY_ONCE", type: "checkpoint", stop: null } as const;
  const trigger = { kind: "trigger-checkpoint", checkpointId: 1, triggeredMs: 0, options } as const;
  for (const { spec } of job.subtasks) {
    const { vertexId, subtaskIndex } = spec;
    job.slots[0]?.handle({ ...trigger, vertexId, subtaskIndex });
  }
  const codes = job.reports.map((report) =>
    report.kind === "decline-checkpoint" ? EngineError.fromWire(report.error).code : report.kind,
  );
  assert.deepEqual(new Set(codes), new Set(["MR_CHECKPOINT_NOT_RUNNING"]));
  assert.equal(codes.length, job.subtasks.length);
});
