/**
 * The subtasks of a harness's job on the calling thread: real tasks and exchanges, stepped until none
 * can get on. Only the ends are the harness's own.
 *
 * Invariants: subtasks step inside settle() only; after a failure nothing steps any more, and every
 * call rejects with it.
 */
import { loadKernels } from "../../dataplane/memory/kernels-module.ts";
import {
  type AccumulatorSnapshot,
  mergeAccumulators,
} from "../../dataplane/protocol/accumulators.ts";
import type { OperatorSpec } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { SlotReport } from "../../dataplane/protocol/messages.ts";
import { systemClock } from "../../dataplane/worker/clock.ts";
import { createSegments, runsOf } from "../../dataplane/worker/operators/create-segments.ts";
import { createPrng, type Prng } from "../../dataplane/worker/prng.ts";
import { SubtaskRuntimeContext } from "../../dataplane/worker/runtime-context.ts";
import type { ChainNode, Segment, SegmentContext } from "../../dataplane/worker/segment.ts";
import { Slot } from "../../dataplane/worker/slot.ts";
import type { Subtask } from "../../dataplane/worker/subtask.ts";
import { virtualClock } from "../../dataplane/worker/virtual-clock.ts";
import type { ManualClock } from "../common/manual-clock.ts";
import { readSubtaskCounters, SUBTASK_COUNTERS_SIZE } from "../metrics/subtask-counters.ts";
import { expandExecutionGraph } from "../plan/execution-graph.ts";
import { operatorModules } from "../runtime/operator-modules.ts";
import { writePrinted } from "../runtime/printed-output.ts";
import { deployJob, type JobDeployment } from "../runtime/slot-deployments.ts";
import type { HarnessJob } from "./harness-job.ts";
import { HarnessInput, HarnessOutput, InputQueue } from "./harness-segments.ts";
import { type HarnessSnapshot, operatorStateOf } from "./harness-snapshot.ts";
import type { StreamElement } from "./stream-element.ts";

/** Rows of an output that is nearly always full: 1 or 2. */
const HOSTILE_ROWS = 2;
/** Rounds of the event loop without work after which what is left waits for the outside. */
const IDLE_ROUNDS = 3;

export interface HarnessTasksOptions {
  readonly clock: ManualClock;
  /** Seed of a hostile outbox; null = outputs have room. */
  readonly hostileSeed: number | null;
  /** State to begin with; null = none. */
  readonly restore: HarnessSnapshot | null;
}

/** A segment of the user's operators in one subtask. */
export interface RunningSegment {
  /** Of the first operator it runs: the same at every parallelism. */
  readonly operatorId: string;
  readonly kind: OperatorSpec["kind"];
  readonly segment: Segment;
  readonly context: SegmentContext;
}

export class HarnessTasks {
  readonly inputs: readonly InputQueue[];
  /** By the id of the tag; null = the main output. */
  readonly outputs: ReadonlyMap<string | null, StreamElement<unknown>[]>;
  readonly segments: RunningSegment[] = [];
  readonly #job: HarnessJob;
  readonly #clock: ManualClock;
  readonly #prng: Prng | null;
  readonly #restore: HarnessSnapshot | null;
  readonly #metrics: SharedArrayBuffer;
  readonly #subtasks: readonly Subtask[];
  readonly #slots: readonly Slot[];
  readonly #contexts: SegmentContext["runtimeContext"][] = [];
  #running = 0;
  #failure: EngineError | null = null;

  /** Errors: MR_COMPILE_*, MR_MEMORY_EXHAUSTED and those of the user's open(). */
  static async start(job: HarnessJob, options: HarnessTasksOptions): Promise<HarnessTasks> {
    const { plan, settings } = job;
    const [kernels, modules] = await Promise.all([loadKernels(), operatorModules(plan, settings)]);
    const executionGraph = expandExecutionGraph(plan.graph);
    const { graph } = plan;
    const jobId = "harness";
    const { ready } = modules;
    const request = { jobId, graph, executionGraph, settings, kernels, modules: ready };
    const tasks = new HarnessTasks(job, deployJob(request), options);
    await tasks.#open();
    return tasks;
  }

  private constructor(
    job: HarnessJob,
    deployment: JobDeployment,
    { clock, hostileSeed, restore }: HarnessTasksOptions,
  ) {
    this.#job = job;
    this.#clock = clock;
    this.#restore = restore;
    this.#prng = hostileSeed === null ? null : createPrng(hostileSeed);
    this.inputs = [...job.inputs].map(() => new InputQueue());
    this.outputs = new Map([...job.outputs.values()].map((tag) => [tag, []]));
    this.#metrics = deployment.metrics;
    this.#slots = deployment.slots.map(
      (slot) =>
        new Slot({
          deployment: slot,
          functions: job.plan.functions,
          peers: "same-thread",
          clock: virtualClock(clock),
          prng: createPrng(hostileSeed ?? 1),
          createSegments: (context) => this.#createSegments(context),
          report: (report) => this.#take(report, slot.slotIndex),
          wake: () => undefined,
        }),
    );
    this.#subtasks = this.#slots.flatMap((slot) => slot.subtasks);
  }

  get hasEnded(): boolean {
    return this.#subtasks.every((subtask) => subtask.isEnded);
  }

  /**
   * Lets subtasks and promises do all they can. What waits for a promise that is not settled, or for
   * the clock, goes on at the next call. Rejects with what failed the job.
   */
  async settle(): Promise<void> {
    for (let idle = 0; idle < IDLE_ROUNDS && this.#failure === null; ) {
      if (this.#stepAll()) {
        idle = 0;
      } else {
        idle += 1;
        await nextRound();
      }
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** Sum over all subtasks. */
  lateRecordsDropped(): number {
    let count = 0;
    for (let at = 0; at < this.#metrics.byteLength; at += SUBTASK_COUNTERS_SIZE) {
      count += readSubtaskCounters(this.#metrics, at, this.#clock.now()).numLateRecordsDropped;
    }
    return count;
  }

  accumulators(): ReadonlyMap<string, unknown> {
    const snapshots: AccumulatorSnapshot[] = [];
    for (const context of this.#contexts) {
      if (context instanceof SubtaskRuntimeContext) snapshots.push(...context.snapshots());
    }
    return mergeAccumulators(snapshots);
  }

  /** Stops all subtasks and gives everything back; a failure does not come up again. */
  async close(): Promise<void> {
    for (const slot of this.#slots) slot.handle({ kind: "cancel", subtasks: null });
    while (!this.hasEnded) await nextRound();
  }

  async #open(): Promise<void> {
    for (const slot of this.#slots) slot.handle({ kind: "start" });
    while (this.#running < this.#subtasks.length && this.#failure === null) await nextRound();
    if (this.#failure === null) return;
    await this.close();
    throw this.#failure;
  }

  #take(report: SlotReport, slotIndex: number): void {
    if (report.kind === "running") this.#running += 1;
    else if (report.kind === "failed") this.#failure ??= EngineError.fromWire(report.error);
    else if (report.kind === "printed") {
      const { text, toStderr } = report;
      const bytes = Buffer.byteLength(text);
      const slot = this.#slots[slotIndex];
      void writePrinted(text, toStderr).then(() => slot?.handle({ kind: "report-credit", bytes }));
    }
  }

  #stepAll(): boolean {
    let hasStepped = false;
    const nowMs = systemClock.monotonic();
    for (const subtask of this.#subtasks) {
      if (subtask.isEnded || !subtask.canAdvance(nowMs)) continue;
      // A subtask that is left out sometimes finds its inputs fuller, and its outputs emptier.
      hasStepped = true;
      if (this.#prng?.nextInt(2) !== 0) subtask.step();
    }
    return hasStepped;
  }

  #createSegments(context: SegmentContext): readonly ChainNode[] {
    const { inputs, outputs } = this.#job;
    const { operators } = context;
    this.#contexts.push(context.runtimeContext);
    const source = operators.find(({ id }) => inputs.has(id));
    const sinks = operators.filter(({ id }) => outputs.has(id));
    const others = operators.filter((spec) => spec !== source && !sinks.includes(spec));
    const nodes: ChainNode[] = [];
    if (source !== undefined) {
      const queue = this.inputs[inputs.get(source.id) ?? 0] as InputQueue;
      const segment = new HarnessInput(source, queue, context, this.#outputRows());
      nodes.push({ segment, input: null });
    }
    nodes.push(...this.#operatorSegments(others, sinks, context));
    for (const { id, input, inputOutput: output = 0 } of sinks) {
      const elements = this.outputs.get(outputs.get(id) ?? null) ?? [];
      const segment = new HarnessOutput(elements, this.#prng);
      nodes.push({ segment, input: input === null ? null : { operatorId: input, output } });
    }
    return nodes;
  }

  /** @param sinks read outputs of the operators: they are exits to these */
  #operatorSegments(
    operators: SegmentContext["operators"],
    sinks: SegmentContext["operators"],
    context: SegmentContext,
  ): readonly ChainNode[] {
    const ends = sinks.flatMap(({ input, inputOutput: output = 0 }) =>
      input === null ? [] : [{ operatorId: input, output }],
    );
    const exits = [...(context.exits ?? []), ...ends];
    const outputRows = this.#outputRows();
    const nodes = createSegments(
      { ...context, operators, exits },
      outputRows === null ? {} : { outputRows },
    );
    const runs = runsOf(
      operators,
      exits.map(({ operatorId }) => operatorId),
    );
    for (const [index, { segment }] of nodes.entries()) {
      const [first] = runs[index] ?? [];
      if (first === undefined) throw new TypeError("a segment runs no operator");
      const operatorId = first.id;
      if (this.#restore !== null) {
        segment.restoreOperatorState?.(operatorStateOf(this.#restore, operatorId, context));
      }
      this.segments.push({ operatorId, kind: first.kind, segment, context });
    }
    return nodes;
  }

  /** null = as many as a batch takes. */
  #outputRows(): number | null {
    return this.#prng === null ? null : 1 + this.#prng.nextInt(HOSTILE_ROWS);
  }
}

function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
