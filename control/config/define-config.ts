/** For configuration files in TypeScript. */
import type { ServerOptions } from "./server-settings.ts";
import type { EngineOptions } from "./settings.ts";

/** What a configuration file may have. @public */
export interface ConfigFileOptions extends EngineOptions {
  /** Of `millrace server`. */
  readonly server?: ServerOptions;
}

/**
 * Types the options of a configuration file.
 *
 * ```ts
 * export default defineConfig({ parallelism: 4, memoryPerSlot: "256 MiB" });
 * ```
 * @public
 */
export function defineConfig(options: ConfigFileOptions): ConfigFileOptions {
  return options;
}
