/** Where jobs go. The API owns the interface; control/index.ts says who implements it by default. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { JobSettings } from "../config/settings.ts";
import type { CompiledPlan } from "../plan/job-graph.ts";
import type { JobClient } from "./job-client.ts";

/** What workers need besides the plan to run the program again up to this job. */
export interface JobSubmission {
  /** Number of earlier execute() calls of this program: TaskModeHook.executeIndex. */
  readonly executeIndex: number;
  /** What they answered so far, structured-cloneable: TaskModeHook.earlierResults. */
  readonly earlierResults: readonly unknown[];
  /** Settings the program starts from: TaskModeHook.settings. */
  readonly taskSettings: Readonly<Record<string, unknown>>;
}

export interface JobSubmitter {
  /**
   * Starts a job; settled once it is accepted. May throw MR_SLOTS_NOT_ENOUGH, MR_BUNDLE_FAILED and
   * other errors of the side that runs it.
   */
  submit(plan: CompiledPlan, settings: JobSettings, submission: JobSubmission): Promise<JobClient>;
}

const current = new AsyncLocalStorage<JobSubmitter>();
let loadDefault: (() => Promise<JobSubmitter>) | undefined;

/** The submitter of programs that were given none; loaded at the first execute(). */
export function setDefaultJobSubmitter(load: () => Promise<JobSubmitter>): void {
  loadDefault = load;
}

/** Jobs executed inside `run`, also after awaits, go to `submitter`. */
export function withJobSubmitter<T>(submitter: JobSubmitter, run: () => T): T {
  return current.run(submitter, run);
}

export async function currentJobSubmitter(): Promise<JobSubmitter> {
  const submitter = current.getStore() ?? (await loadDefault?.());
  if (submitter === undefined)
    throw new TypeError("No job submitter is set: call setDefaultJobSubmitter() first.");
  return submitter;
}
