/** Loads a program on a thread of its own, as a slot does, and says what came of it. */
import { parentPort, workerData } from "node:worker_threads";
import { EngineError, type WireError } from "../../../../dataplane/protocol/errors.ts";
import type { ProgramSpec } from "../../../../dataplane/protocol/program-spec.ts";
import { setModuleRunner, taskModeHook } from "../../../../dataplane/protocol/task-mode.ts";
import { loadFunctions } from "../../../../dataplane/worker/program-loader.ts";

/** What the functions of the fixtures answer, or how loading failed. */
export type LoadResult =
  | { readonly kind: "loaded"; readonly answers: readonly (readonly [string, unknown])[] }
  | { readonly kind: "refused"; readonly error: WireError }
  | { readonly kind: "threw"; readonly name: string; readonly message: string };

setModuleRunner(async (exported, args) => {
  if (args.length === 0) throw new EngineError("MR_PROGRAM_NO_JOB", { path: "the module" });
  const functions = new Map([["module/fn", () => ({ exported, args })]]);
  taskModeHook()?.handOver({ executeIndex: 0, planHash: "abc", planText: "", functions });
});

async function load(program: ProgramSpec): Promise<LoadResult> {
  try {
    const functions = await loadFunctions(program, 3);
    const answers = [...functions]
      .filter(
        (entry): entry is [string, (value: number) => unknown] => typeof entry[1] === "function",
      )
      .map(([name, fn]) => [name, fn(7)] as const);
    console.log("after loading");
    return { kind: "loaded", answers };
  } catch (error) {
    if (error instanceof EngineError) return { kind: "refused", error: error.toWire() };
    const { name, message } = error as Error;
    return { kind: "threw", name, message };
  }
}

parentPort?.postMessage(await load(workerData as ProgramSpec));
