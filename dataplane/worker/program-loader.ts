/**
 * Loads the program of a job again, in task mode: it builds its graph, and the execute() that is
 * wanted hands its functions over instead of running the job. A script then stays in that call for
 * ever.
 */
import { EngineError } from "../protocol/errors.ts";
import type { ProgramSpec } from "../protocol/program-spec.ts";
import { enterTaskMode, type HandOver, moduleRunner } from "../protocol/task-mode.ts";
import { silenceOutput } from "./silence-output.ts";

/**
 * @param worker for messages: which slot this is
 * @returns `${operatorId}/${role}` -> function, source or sink
 * Errors: MR_PROGRAM_NO_JOB, MR_GRAPH_NOT_DETERMINISTIC, and what the program throws.
 */
export async function loadFunctions(
  program: ProgramSpec,
  worker: number,
): Promise<ReadonlyMap<string, unknown>> {
  const restoreOutput = silenceOutput();
  try {
    const handOver = await runInTaskMode(program);
    checkSamePlan(program, handOver, worker);
    return handOver.functions;
  } finally {
    restoreOutput();
  }
}

function runInTaskMode(program: ProgramSpec): Promise<HandOver> {
  const { executeIndex, earlierResults, settings } = program;
  return new Promise((resolve, reject) => {
    enterTaskMode({ executeIndex, earlierResults, settings, handOver: resolve });
    runProgram(program).then(
      () => reject(new EngineError("MR_PROGRAM_NO_JOB", { path: program.path })),
      reject,
    );
  });
}

async function runProgram({ kind, url, path, args }: ProgramSpec): Promise<void> {
  // Stacks then name the program's own files and lines. Not for the whole thread: of every module with
  // a map that is loaded from here on, Node reads it.
  process.setSourceMapsEnabled(true);
  const [node = process.execPath] = process.argv;
  process.argv = [node, path, ...args];
  const loaded = (await import(url)) as { readonly default?: unknown };
  if (kind === "script") return;
  const run = moduleRunner();
  if (run !== undefined) await run(loaded.default, args);
}

function checkSamePlan(program: ProgramSpec, handOver: HandOver, worker: number): void {
  if (handOver.planHash === program.planHash) return;
  const difference = firstDifference(program.planText, handOver.planText);
  throw new EngineError("MR_GRAPH_NOT_DETERMINISTIC", { worker, difference });
}

function firstDifference(expected: string, actual: string): string {
  const wanted = expected.split("\n");
  const found = actual.split("\n");
  for (let line = 0; line < Math.max(wanted.length, found.length); line++) {
    if (wanted[line] === found[line]) continue;
    return `it has "${found[line] ?? ""}" where the main thread has "${wanted[line] ?? ""}"`;
  }
  return "functions or settings differ";
}
