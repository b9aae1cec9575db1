/**
 * How functions reach a worker: it imports the job's bundle, the program builds its graph again,
 * and its execute() finds the hook below and hands the functions over instead of running the job.
 * The hook lives here because the data plane never imports the control plane.
 */
export interface HandOver {
  /** Number of earlier execute() calls of this program. */
  readonly executeIndex: number;
  readonly planHash: string;
  /** One line per vertex and edge, to say what differs when the hashes do. */
  readonly planText: string;
  /** `${operatorId}/${role}` -> the function, source or sink object of the program. */
  readonly functions: ReadonlyMap<string, unknown>;
}

export interface TaskModeHook {
  /** The execute() call whose functions are wanted. */
  readonly executeIndex: number;
  /** What each earlier execute() answered, replayed so that the program goes on as it did. */
  readonly earlierResults: readonly unknown[];
  /** Settings of the submitting side that shape the graph (parallelism, runtime mode, ...). */
  readonly settings: Readonly<Record<string, unknown>>;
  handOver(handOver: HandOver): void;
}

/** Runs the job that a module exports, with these arguments; rejects if it exports none. */
export type ModuleRunner = (exported: unknown, args: readonly string[]) => Promise<void>;

let hook: TaskModeHook | undefined;
let runner: ModuleRunner | undefined;

export function enterTaskMode(next: TaskModeHook): void {
  hook = next;
}

export function taskModeHook(): TaskModeHook | undefined {
  return hook;
}

/** Called by the control plane when it is loaded, as it is with every bundle of a module. */
export function setModuleRunner(next: ModuleRunner): void {
  runner = next;
}

export function moduleRunner(): ModuleRunner | undefined {
  return runner;
}
