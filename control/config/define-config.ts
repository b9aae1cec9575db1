/** For configuration files in TypeScript. */
import type { EngineOptions } from "./settings.ts";

/**
 * Types the options of a configuration file.
 *
 * ```ts
 * export default defineConfig({ parallelism: 4, memoryPerSlot: "256 MiB" });
 * ```
 * @public
 */
export function defineConfig(options: EngineOptions): EngineOptions {
  return options;
}
