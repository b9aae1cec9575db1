/**
 * The client level: what the side that submits a program sets for it, above the system's settings and
 * below what the program sets itself. The command line's -p, --engine and --slots come this way, and
 * so do the parameters of a request that starts a job.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type EngineOptions, layerOf, type SettingsLayer } from "./settings.ts";

const current = new AsyncLocalStorage<SettingsLayer>();

/**
 * Runs a program with client settings: they hold for environments created inside `run`, also after
 * awaits. `source` says where to change them ("the command line"). Throws MR_CONFIG_INVALID.
 */
export function withClientSettings<T>(options: EngineOptions, source: string, run: () => T): T {
  return current.run(layerOf(options, source), run);
}

export function clientSettings(): SettingsLayer | undefined {
  return current.getStore();
}
