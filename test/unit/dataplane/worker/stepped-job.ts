/** A test job on this thread whose subtasks step when and in the order that a test says. */

import { ManualClock } from "../../../../control/common/manual-clock.ts";
import type { SlotDeployment } from "../../../../dataplane/protocol/deployment.ts";
import type { SlotReport } from "../../../../dataplane/protocol/messages.ts";
import type { Steppable, Workload } from "../../../../dataplane/worker/mailbox-loop.ts";
import { createPrng } from "../../../../dataplane/worker/prng.ts";
import type { Segment } from "../../../../dataplane/worker/segment.ts";
import { Slot } from "../../../../dataplane/worker/slot.ts";
import type { Subtask } from "../../../../dataplane/worker/subtask.ts";
import { deployTestJob, segmentsOf, type TestJob, type TestJobOptions } from "./test-job.ts";

/** More rounds without an end than any of these jobs needs. */
const MAX_STEPS = 2_000_000;

export interface SteppedJobOptions extends Partial<TestJobOptions> {
  readonly functions?: ReadonlyMap<string, unknown>;
}

export class SteppedJob {
  readonly clock = new ManualClock();
  readonly deployments: readonly SlotDeployment[];
  readonly slots: readonly Slot[];
  readonly reports: SlotReport[] = [];
  readonly segments: Segment[] = [];
  readonly subtasks: readonly Subtask[];

  constructor(job: TestJob, options: SteppedJobOptions = {}, seed = 1) {
    const prng = createPrng(seed);
    this.deployments = deployTestJob(job, options);
    this.slots = this.deployments.map(
      (deployment) =>
        new Slot({
          deployment,
          functions: options.functions ?? new Map(),
          peers: "same-thread",
          clock: this.clock,
          prng,
          createSegments: segmentsOf(job, this.segments),
          report: (report) => this.reports.push(report),
          wake: () => undefined,
        }),
    );
    this.subtasks = this.slots.flatMap((slot) => slot.subtasks);
  }

  get isEnded(): boolean {
    return this.subtasks.every((subtask) => subtask.isEnded);
  }

  get borrowedBytes(): number {
    return this.slots.reduce((sum, { memoryManager }) => sum + memoryManager.borrowed, 0);
  }

  /** Starts all slots and waits until their subtasks run. */
  async start(): Promise<void> {
    for (const slot of this.slots) slot.handle({ kind: "start" });
    await settle();
  }

  cancel(): void {
    for (const slot of this.slots) slot.handle({ kind: "cancel", subtasks: null });
  }

  subtask(vertexId: string, index = 0): Subtask {
    const found = this.subtasks.find(
      ({ spec }) => spec.vertexId === vertexId && spec.subtaskIndex === index,
    );
    if (found === undefined) throw new TypeError(`no subtask ${vertexId}/${index}`);
    return found;
  }

  /**
   * Steps subtasks that `pick` chooses until the job has ended. When none can get on, promises get
   * their turn and time moves on. Throws if that does not help either.
   */
  async run(pick: (count: number) => number): Promise<void> {
    let idle = 0;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const nowMs = this.clock.monotonic();
      const able = this.subtasks.filter((subtask) => !subtask.isEnded && subtask.canAdvance(nowMs));
      if (able.length > 0) {
        able[pick(able.length)]?.step();
        idle = 0;
        continue;
      }
      if (this.isEnded) return;
      idle += 1;
      if (idle > 10) throw new Error("deadlock: no subtask can get on");
      await settle();
      this.clock.advance(1000);
    }
    throw new Error("the job does not end");
  }

  /** What each subtask reported last, but for "closed". */
  outcomes(): Map<string, string> {
    const outcomes = new Map<string, string>();
    for (const report of this.reports) {
      if ("vertexId" in report && report.kind !== "closed")
        outcomes.set(`${report.vertexId}/${report.subtaskIndex}`, report.kind);
    }
    return outcomes;
  }
}

/** Lets promises and immediates that are due have their turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Over when all of them have ended. */
export function workloadOf(...subtasks: readonly Steppable[]): Workload {
  return {
    subtasks,
    get isOver() {
      return subtasks.every((subtask) => subtask.isEnded);
    },
  };
}
