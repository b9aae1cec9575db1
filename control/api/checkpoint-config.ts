/** CheckpointConfig: an environment's settings about checkpoints, under Flink's names. */
import type { TimeSpan } from "../../dataplane/protocol/duration.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type {
  CheckpointingMode as Mode,
  OptionName,
  ExternalizedCheckpointRetention as Retention,
} from "../config/options.ts";
import type { JobSettings } from "../config/settings.ts";

/** What a checkpoint promises about records between it and a failure. @public */
export const CheckpointingMode = Object.freeze({
  EXACTLY_ONCE: "EXACTLY_ONCE",
  /** No channel waits for barriers of others; records may count twice. */
  AT_LEAST_ONCE: "AT_LEAST_ONCE",
});
/** @public */
export type CheckpointingMode = Mode;

/** What becomes of checkpoints when a job ends otherwise than FINISHED. @public */
export const ExternalizedCheckpointRetention = Object.freeze({
  NO_EXTERNALIZED_CHECKPOINTS: "NO_EXTERNALIZED_CHECKPOINTS",
  DELETE_ON_CANCELLATION: "DELETE_ON_CANCELLATION",
  RETAIN_ON_CANCELLATION: "RETAIN_ON_CANCELLATION",
});
/** @public */
export type ExternalizedCheckpointRetention = Retention;

/** What the config needs of its environment. */
export interface CheckpointSettings {
  set(name: OptionName, value: unknown, operation: string): void;
  get(): JobSettings;
}

/**
 * Settings about checkpoints; what is set here is set in the environment. Times are ms, text such as
 * "10 min", or a Duration. Setters throw MR_CONFIG_INVALID.
 *
 * ```ts
 * env.enableCheckpointing("10 s");
 * env.getCheckpointConfig().setCheckpointStorage("/var/lib/app/checkpoints");
 * ```
 * @public
 */
export class CheckpointConfig {
  /** @deprecated As in Flink: ExternalizedCheckpointRetention. */
  static readonly ExternalizedCheckpointCleanup = ExternalizedCheckpointRetention;

  readonly #settings: CheckpointSettings;

  /** @internal */
  constructor(settings: CheckpointSettings) {
    this.#settings = settings;
  }

  isCheckpointingEnabled(): boolean {
    return this.#settings.get().checkpointInterval !== null;
  }

  /** From the beginning of one checkpoint to that of the next. */
  setCheckpointInterval(interval: TimeSpan): this {
    return this.#set("checkpointInterval", interval, "setCheckpointInterval()");
  }

  /** ms; null = off. */
  getCheckpointInterval(): number | null {
    return this.#settings.get().checkpointInterval;
  }

  setCheckpointingMode(mode: CheckpointingMode): this {
    return this.#set("checkpointingMode", mode, "setCheckpointingMode()");
  }

  getCheckpointingMode(): CheckpointingMode {
    return this.#settings.get().checkpointingMode;
  }

  /** A checkpoint that is not complete by then is aborted. Default 10 min. */
  setCheckpointTimeout(timeout: TimeSpan): this {
    return this.#set("checkpointTimeout", timeout, "setCheckpointTimeout()");
  }

  /** ms. */
  getCheckpointTimeout(): number {
    return this.#settings.get().checkpointTimeout;
  }

  /** From the end of one to the beginning of the next; above 0, one is in flight at a time. */
  setMinPauseBetweenCheckpoints(pause: TimeSpan): this {
    return this.#set("minPauseBetweenCheckpoints", pause, "setMinPauseBetweenCheckpoints()");
  }

  /** ms. */
  getMinPauseBetweenCheckpoints(): number {
    return this.#settings.get().minPauseBetweenCheckpoints;
  }

  /** Checkpoints in flight at a time. Default 1. */
  setMaxConcurrentCheckpoints(count: number): this {
    return this.#set("maxConcurrentCheckpoints", count, "setMaxConcurrentCheckpoints()");
  }

  getMaxConcurrentCheckpoints(): number {
    return this.#settings.get().maxConcurrentCheckpoints;
  }

  /** Failed checkpoints in a row that the job bears. Default 0. */
  setTolerableCheckpointFailureNumber(count: number): this {
    return this.#set("tolerableFailedCheckpoints", count, "setTolerableCheckpointFailureNumber()");
  }

  getTolerableCheckpointFailureNumber(): number {
    return this.#settings.get().tolerableFailedCheckpoints;
  }

  /** Which checkpoints outlive a job that does not finish. */
  setExternalizedCheckpointRetention(retention: ExternalizedCheckpointRetention): this {
    return this.#set("checkpointRetention", retention, "setExternalizedCheckpointRetention()");
  }

  getExternalizedCheckpointRetention(): ExternalizedCheckpointRetention {
    return this.#settings.get().checkpointRetention;
  }

  /** @deprecated As in Flink: setExternalizedCheckpointRetention(). */
  enableExternalizedCheckpoints(retention: ExternalizedCheckpointRetention): this {
    return this.#set("checkpointRetention", retention, "enableExternalizedCheckpoints()");
  }

  /** @deprecated As in Flink: setExternalizedCheckpointRetention(). */
  setExternalizedCheckpointCleanup(retention: ExternalizedCheckpointRetention): this {
    return this.#set("checkpointRetention", retention, "setExternalizedCheckpointCleanup()");
  }

  /**
   * Where checkpoints are stored: a local path or file: URL, or "memory", the default, which is lost with
   * the process. Other file systems are refused: mount them.
   */
  setCheckpointStorage(directory: string | URL): this {
    return this.#set("checkpointDirectory", directory, "setCheckpointStorage()");
  }

  /** Throws MR_FEATURE_UNSUPPORTED: barriers are aligned. */
  enableUnalignedCheckpoints(isEnabled = true): this {
    if (!isEnabled) return this;
    throw new EngineError("MR_FEATURE_UNSUPPORTED", {
      operation: "enableUnalignedCheckpoints()",
      advice:
        "Checkpoints are aligned: leave it out; under backpressure allow more time (setCheckpointTimeout) or smaller exchanges (option edgeMemory).",
    });
  }

  #set(name: OptionName, value: unknown, operation: string): this {
    this.#settings.set(name, value, operation);
    return this;
  }
}
