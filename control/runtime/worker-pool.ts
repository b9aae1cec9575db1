/**
 * The pool of worker threads of one job: one resident task per slot for the life of the job. Piscina
 * starts the threads, notices when one dies and takes them down; records never pass through it.
 */
import type { MessagePort } from "node:worker_threads";
import { Piscina } from "piscina";

export interface WorkerPoolOptions {
  readonly slots: number;
  /** MiB of old-generation JavaScript heap per worker; null = V8's default. */
  readonly workerHeapMb: number | null;
  /** What the task's file finds as workerData when it is loaded. */
  readonly workerData?: unknown;
}

/** MiB of young generation under a heap limit. */
const YOUNG_GENERATION_MB = 4;

/**
 * At the limit Node grants a worker 16 MiB more and stops it. A scavenge that promotes more than that at
 * once aborts the whole process instead (measured: every other time with V8's default of 48 MiB).
 */
function heapLimits(workerHeapMb: number) {
  return {
    maxOldGenerationSizeMb: workerHeapMb,
    maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
  };
}

export class WorkerPool {
  readonly #pool: Piscina;

  /** The threads start at once, and load the task's file. */
  constructor(taskUrl: URL, options: WorkerPoolOptions) {
    this.#pool = new Piscina({
      filename: taskUrl.href,
      workerData: options.workerData,
      minThreads: options.slots,
      maxThreads: options.slots,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Piscina's default parks an idle worker in Atomics.wait, which freezes its event loop.
      atomics: "disabled",
      concurrentTasksPerWorker: 1,
      execArgv: ["--disable-warning=ExperimentalWarning"],
      ...(options.workerHeapMb === null
        ? {}
        : { resourceLimits: heapLimits(options.workerHeapMb) }),
    });
    // A thread that dies while idle is replaced by Piscina; its task's rejection tells the job.
    this.#pool.on("error", () => undefined);
  }

  /**
   * Runs a resident task on a thread of its own; rejects when the thread dies. The signal takes the thread
   * down, and another one comes in its place.
   */
  run(
    task: unknown,
    transferList: readonly MessagePort[],
    { name, signal }: { readonly name: string; readonly signal?: AbortSignal },
  ): Promise<unknown> {
    return this.#pool.run(task, { transferList: [...transferList], name, signal: signal ?? null });
  }

  /** Threads of the pool, for diagnosis. */
  get threads(): readonly { readonly threadId: number }[] {
    return this.#pool.threads;
  }

  /** Ends all threads, also busy ones, within milliseconds. */
  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}
