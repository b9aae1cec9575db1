/** Runs jobs in this process: on a worker pool of their own, or on the calling thread. */
import { randomBytes } from "node:crypto";
import { loadKernels } from "../../dataplane/memory/kernels-module.ts";
import { MemoryManager } from "../../dataplane/memory/memory-manager.ts";
import { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { JobSubmission, JobSubmitter } from "../api/job-submitter.ts";
import { systemClock } from "../common/clock.ts";
import type { ManualClock } from "../common/manual-clock.ts";
import type { JobSettings } from "../config/settings.ts";
import { expandExecutionGraph } from "../plan/execution-graph.ts";
import type { CompiledPlan, JobGraph } from "../plan/job-graph.ts";
import { CollectedRows } from "./collected-rows.ts";
import { InProcessSlotHost } from "./in-process-slot-host.ts";
import { JobMaster } from "./job-master.ts";
import { type JobStorage, openJobStorage } from "./job-restore.ts";
import { LocalJobClient } from "./local-job-client.ts";
import { type OperatorModules, operatorModules } from "./operator-modules.ts";
import { PoolSlotHost } from "./pool-slot-host.ts";
import { writePrinted } from "./printed-output.ts";
import { type BundledProgram, currentProgram } from "./program.ts";
import { JobDeployments } from "./slot-deployments.ts";
import type { SlotHost } from "./slot-host.ts";

/** Bytes of linear memory that decoding collected rows may take. */
const COLLECT_MEMORY_BYTES = 1 << 30;

export class LocalJobSubmitter implements JobSubmitter {
  readonly #testClock: ManualClock | undefined;

  /** @param testClock what tasks on the calling thread see as time; absent = the system's clock */
  constructor(testClock?: ManualClock) {
    this.#testClock = testClock;
  }

  submit(
    plan: CompiledPlan,
    settings: JobSettings,
    submission: JobSubmission,
  ): Promise<LocalJobClient> {
    return this.submitAs(createJobId(), plan, settings, submission);
  }

  /** As submit(), for a job that is known already. */
  async submitAs(
    jobId: string,
    plan: CompiledPlan,
    settings: JobSettings,
    submission: JobSubmission,
  ): Promise<LocalJobClient> {
    const { graph, functions } = plan;
    const executionGraph = expandExecutionGraph(graph, settings.slots);
    const loading = settings.execution === "pool" ? currentProgram() : null;
    // Its threads start while the rest is made ready.
    const host =
      loading === null
        ? new InProcessSlotHost(functions, this.#testClock)
        : createPool(plan, settings, submission, executionGraph.slotCount, loading);
    const { kernels, modules, program, ...place } = await prepare(plan, settings, loading, () =>
      openJobStorage({ jobId, graph }, settings),
    ).catch(async (error: unknown) => {
      await host.destroy();
      throw error;
    });
    const deployments = new JobDeployments({
      ...{ jobId, graph, executionGraph, settings, kernels },
      modules: modules.ready,
      isCheckpointed: graph.options.checkpointing.intervalMs !== null,
    });
    const collected = collectors(graph, kernels);
    const master = new JobMaster({
      ...{ jobId, graph, executionGraph, deployments, functions, host, ...place },
      clock: systemClock,
      isIncremental: settings.incrementalCheckpoints,
      moduleIds: Object.keys(modules.ready),
      printed: writePrinted,
      collected,
    });
    void master.outcome.then(async ({ error }) => {
      for (const rows of collected.values()) error === null ? rows.end() : rows.fail(error);
      await program?.dispose();
    });
    master.start();
    modules.compileRest((moduleId, module) => master.addModule(moduleId, module));
    const counters = deployments.metrics;
    const clock = this.#testClock ?? systemClock;
    const { savepointDirectory } = settings;
    return new LocalJobClient({
      ...{ jobId, graph, executionGraph, master, counters, clock, collected, savepointDirectory },
    });
  }
}

/** 32 hexadecimal digits, as Flink's. */
export function createJobId(): string {
  return randomBytes(16).toString("hex");
}

interface Prepared extends JobStorage {
  readonly kernels: WebAssembly.Module;
  readonly modules: OperatorModules;
  readonly program: BundledProgram | null;
}

/** Nothing stays behind if it fails. */
async function prepare(
  plan: CompiledPlan,
  settings: JobSettings,
  loading: Promise<BundledProgram> | null,
  openStorage: () => Promise<JobStorage>,
): Promise<Prepared> {
  try {
    const work = [loadKernels(), operatorModules(plan, settings), loading] as const;
    const [kernels, modules, program] = await Promise.all(work);
    return { kernels, modules, program, ...(await openStorage()) };
  } catch (error) {
    await loading?.then(
      (program) => program.dispose(),
      () => undefined,
    );
    throw error;
  }
}

function createPool(
  plan: CompiledPlan,
  settings: JobSettings,
  submission: JobSubmission,
  slotCount: number,
  loading: Promise<BundledProgram>,
): SlotHost {
  const spec = loading.then(({ program: { kind, path, args }, bundle: { url } }) => ({
    ...{ kind, url, path, args },
    executeIndex: submission.executeIndex,
    earlierResults: submission.earlierResults,
    settings: submission.taskSettings,
    planHash: plan.hash,
    planText: plan.text,
  }));
  return new PoolSlotHost(slotCount, settings.workerHeapMb, spec);
}

function collectors(graph: JobGraph, kernels: WebAssembly.Module): Map<string, CollectedRows> {
  const createMemory = (): TaskMemory =>
    TaskMemory.create(kernels, new MemoryManager(COLLECT_MEMORY_BYTES), "collected rows");
  const sinks = graph.vertices
    .flatMap(({ operators }) => operators)
    .filter(({ kind }) => kind === "collect");
  const { intervalMs, mode } = graph.options.checkpointing;
  const rows = intervalMs === null ? "first" : mode === "EXACTLY_ONCE" ? "final" : "any";
  return new Map(sinks.map(({ id }) => [id, new CollectedRows(createMemory, rows)]));
}
