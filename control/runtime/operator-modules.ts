/**
 * Modules of compiled operators for jobs of this process. Those in a cache are there before the job
 * starts; others are compiled while it runs in JavaScript already. The job waits for those of operators
 * that must be WebAssembly, and for all of them without tiering.
 */

import { systemClock } from "../common/clock.ts";
import { GeneratedModules, type LoadedModule } from "../compiler/asc/generated-modules.ts";
import { type JobModule, jobModules } from "../compiler/job-modules.ts";
import type { JobSettings } from "../config/settings.ts";
import type { CompiledPlan } from "../plan/job-graph.ts";

export interface OperatorModules {
  readonly ready: Readonly<Record<string, WebAssembly.Module>>;
  /** Compiles the others; `deliver` is called once for each. Failures leave the operator to JavaScript. */
  compileRest(deliver: Deliver): void;
}

type Deliver = (moduleId: string, module: WebAssembly.Module) => void;

/** Longer than any compilation may take. */
const HOLD_MS = 600_000;

let modules: GeneratedModules | null = null;

/** Errors where an operator must be WebAssembly: those of GeneratedModules.loadModule(). */
export async function operatorModules(
  { graph, requiredModules }: CompiledPlan,
  { tiering, execution }: JobSettings,
): Promise<OperatorModules> {
  modules ??= GeneratedModules.create(process.env, warn);
  const generated = modules;
  const ready: Record<string, WebAssembly.Module> = {};
  const rest: JobModule[] = [];
  const load = ({ id, source }: JobModule): Promise<LoadedModule | null | undefined> => {
    if (requiredModules.has(id)) return generated.loadModule(source);
    return (tiering ? generated.findModule(source) : generated.loadModule(source)).catch(warn);
  };
  for (const job of jobModules(graph)) {
    const loaded = await load(job);
    if (loaded === null) rest.push(job);
    else if (loaded !== undefined) ready[job.id] = await instantiable(loaded);
  }
  return {
    ready,
    compileRest(deliver) {
      const compiled = rest.map(({ id, source }) =>
        generated
          .loadModule(source)
          .then(async (loaded) => deliver(id, await instantiable(loaded)))
          .catch(warn),
      );
      // A short script would end before its modules are in the cache, every time it is run.
      const work = Promise.all(compiled).then(() => undefined);
      if (execution === "pool" && rest.length > 0) void systemClock.atMost(work, HOLD_MS);
    },
  };
}

function instantiable({ wasm }: LoadedModule): Promise<WebAssembly.Module> {
  return WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
}

/** The job goes on in JavaScript. */
function warn(error: Error & { readonly code?: string }): undefined {
  process.emitWarning(error.message, { code: error.code ?? "MR_COMPILE_FAILED" });
}
