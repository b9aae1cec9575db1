import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../../../control/common/manual-clock.ts";
import type { ExecutionGraph } from "../../../../control/plan/execution-graph.ts";
import type { JobDeployments } from "../../../../control/runtime/slot-deployments.ts";
import { END_GRACE_MS, SlotFleet } from "../../../../control/runtime/slot-fleet.ts";
import type { SlotHost, SlotListener } from "../../../../control/runtime/slot-host.ts";
import type { SlotDeployment, TaskSpec } from "../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import type { SlotReport } from "../../../../dataplane/protocol/messages.ts";

/** Two regions, a and b, whose subtasks 0 and 1 are in slots 0 and 1. */
class Fleet implements SlotHost {
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  readonly fleet: SlotFleet;
  readonly #subtasks;
  #listener: SlotListener | null = null;

  constructor() {
    const vertices = ["a", "b"].map((id) => ({ id }));
    this.#subtasks = vertices.flatMap((vertex) =>
      [0, 1].map((subtaskIndex) => ({ vertex, subtaskIndex, slotIndex: subtaskIndex })),
    ) as unknown as ExecutionGraph["subtasks"];
    const deployments = {
      create: ({ subtasks }: Parameters<JobDeployments["create"]>[0]) =>
        [0, 1]
          .map((slotIndex) => ({
            slotIndex,
            tasks: subtasks
              .filter((subtask) => subtask.slotIndex === slotIndex)
              .map(({ vertex }) => ({ name: vertex.id, attempt: 1 }) as TaskSpec),
          }))
          .filter(({ tasks }) => tasks.length > 0),
    } as unknown as JobDeployments;
    this.fleet = new SlotFleet({
      host: this,
      deployments,
      executionGraph: { subtasks: this.#subtasks } as ExecutionGraph,
      clock: this.clock,
      connect: () => null,
      report: (slotIndex, { kind }) => this.log.push(`${kind} ${slotIndex}`),
      lost: (slotIndex, subtasks, error) => {
        const code = error instanceof EngineError ? error.code : String(error);
        this.log.push(`lost ${slotIndex}: ${subtasks.join(" ")}: ${code}`);
      },
      started: () => this.log.push("started"),
    });
  }

  deploy(wanted: (vertexId: string) => boolean): void {
    const subtasks = this.#subtasks.filter(({ vertex }) => wanted(vertex.id));
    this.fleet.deploy({ subtasks, attemptOf: () => 0, checkpoint: null });
  }

  report(slotIndex: number, report: SlotReport): void {
    this.#listener?.report(slotIndex, report);
  }

  end(kind: "canceled" | "failed" | "closed", ...subtasks: readonly string[]): void {
    for (const id of subtasks) {
      const subtaskIndex = Number(id[2]);
      const report = { kind, vertexId: id[0], subtaskIndex, error: {} } as unknown as SlotReport;
      this.report(subtaskIndex, report);
    }
  }

  takeLog(): readonly string[] {
    return this.log.splice(0);
  }

  start(deployments: readonly SlotDeployment[], listener: SlotListener): void {
    this.#listener = listener;
    for (const { slotIndex, tasks } of deployments) {
      this.log.push(`start ${slotIndex}: ${tasks.map(({ name }) => name).join(" ")}`);
    }
  }

  send(slotIndex: number, { kind }: { readonly kind: string }): void {
    this.log.push(`${kind} -> ${slotIndex}`);
  }

  takeDown(slotIndex: number): void {
    this.log.push(`take down ${slotIndex}`);
  }

  async ended(): Promise<void> {}

  async destroy(): Promise<void> {}
}

function started(): Fleet {
  const fleet = new Fleet();
  fleet.deploy(() => true);
  fleet.report(0, { kind: "ready" });
  fleet.report(1, { kind: "ready" });
  return fleet;
}

test("tasks start when all their slots are ready", () => {
  const fleet = new Fleet();
  fleet.deploy(() => true);
  fleet.report(1, { kind: "ready" });
  assert.deepEqual(fleet.takeLog(), ["start 0: a b", "start 1: a b"]);
  fleet.report(0, { kind: "ready" });
  assert.deepEqual(fleet.takeLog(), ["start -> 0", "start -> 1", "started"]);
});

test("other tasks come into a slot where something is at work, else into a new one in its place", () => {
  const fleet = started();
  fleet.end("canceled", "a/0", "b/0", "a/1");
  fleet.takeLog();
  fleet.deploy((vertexId) => vertexId === "a");
  assert.deepEqual(fleet.takeLog(), ["take down 0", "start 0: a", "deploy -> 1"]);
  fleet.report(0, { kind: "ready" });
  assert.deepEqual(fleet.takeLog(), ["start -> 0", "start -> 1", "started"]);
});

test("what does not end when it is told to goes down with its slot", async () => {
  const fleet = started();
  fleet.takeLog();
  fleet.fleet.cancel(["a/0", "a/1"]);
  fleet.end("canceled", "a/1");
  assert.deepEqual(fleet.takeLog(), ["cancel -> 0", "cancel -> 1", "canceled 1"]);
  fleet.clock.advance(END_GRACE_MS - 1);
  assert.deepEqual(fleet.takeLog(), []);
  fleet.clock.advance(1);
  assert.deepEqual(fleet.takeLog(), ["take down 0", "lost 0: a/0 b/0: MR_TASK_NOT_ENDED"]);
  await fleet.fleet.allEnded(["a/0", "a/1", "b/0"]);
});

test("one that has failed has ended when it says that it is closed", async () => {
  const fleet = started();
  let hasEnded = false;
  fleet.end("failed", "a/0");
  const ended = fleet.fleet.allEnded(["a/0"]).then(() => {
    hasEnded = true;
  });
  await Promise.resolve();
  assert.equal(hasEnded, false);
  fleet.end("closed", "a/0");
  await ended;
  fleet.takeLog();
  fleet.clock.advance(END_GRACE_MS);
  await Promise.resolve();
  assert.deepEqual(fleet.takeLog(), []);
});
