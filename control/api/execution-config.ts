/** ExecutionConfig: the settings of an environment under Flink's name. */
import type { TimeSpan } from "../../dataplane/protocol/duration.ts";

/** What the config needs of its environment. */
export interface ConfiguredEnvironment {
  setAutoWatermarkInterval(interval: TimeSpan): unknown;
  getAutoWatermarkInterval(): number;
}

/**
 * Settings of an environment; what is set here is set there.
 *
 * ```ts
 * env.getConfig().setAutoWatermarkInterval("100 ms");
 * ```
 * @public
 */
export class ExecutionConfig {
  readonly #environment: ConfiguredEnvironment;

  /** @internal */
  constructor(environment: ConfiguredEnvironment) {
    this.#environment = environment;
  }

  /** As StreamExecutionEnvironment.setAutoWatermarkInterval(). Throws MR_CONFIG_INVALID. */
  setAutoWatermarkInterval(interval: TimeSpan): this {
    this.#environment.setAutoWatermarkInterval(interval);
    return this;
  }

  /** ms. */
  getAutoWatermarkInterval(): number {
    return this.#environment.getAutoWatermarkInterval();
  }
}
