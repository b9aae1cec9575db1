/**
 * Settings of one environment. A value comes from the highest level that sets it:
 * operator > environment > client > system, as in Flink; the system level is itself the environment
 * variables over the configuration file over the defaults. Every value knows where it was set.
 */
import { availableParallelism } from "node:os";
import type { TimeSpan } from "../../dataplane/protocol/duration.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { describeValue } from "../common/describe-value.ts";
import {
  type CheckpointingMode,
  type EngineMode,
  type ExecutionMode,
  type ExternalizedCheckpointRetention,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  type RuntimeMode,
} from "./options.ts";
import type { RestartStrategy } from "./restart-strategy-kind.ts";
import { unknownOption } from "./unknown-option.ts";

/**
 * What getExecutionEnvironment(), a configuration file and the client may set. Sizes are bytes or text
 * such as "64 MiB"; "auto" asks for the default. docs/reference/configuration.md has the defaults.
 * @public
 */
export interface EngineOptions {
  readonly parallelism?: number | "auto";
  readonly maxParallelism?: number | "auto";
  readonly runtimeMode?: RuntimeMode;
  readonly engine?: EngineMode;
  /** Whether the job starts before its modules are compiled. */
  readonly tiering?: boolean;
  /** ms; 0 = every record at once, -1 = only full batches. */
  readonly bufferTimeoutMs?: number;
  /** ms, text such as "200 ms", or a Duration; 0 = periodic generators make no watermarks. */
  readonly autoWatermarkInterval?: TimeSpan;
  readonly checkpointInterval?: TimeSpan | "off";
  readonly checkpointingMode?: CheckpointingMode;
  readonly checkpointTimeout?: TimeSpan;
  readonly minPauseBetweenCheckpoints?: TimeSpan;
  readonly maxConcurrentCheckpoints?: number;
  readonly tolerableFailedCheckpoints?: number;
  readonly checkpointRetention?: ExternalizedCheckpointRetention;
  readonly retainedCheckpoints?: number;
  readonly checkpointsAfterTasksFinish?: boolean;
  readonly incrementalCheckpoints?: boolean;
  /** A local path or file: URL; "memory" = lost with the process. */
  readonly checkpointDirectory?: string | URL;
  /** A local path or file: URL. */
  readonly savepointDirectory?: string | URL | "none";
  /** Folder of a checkpoint or savepoint, or "latest". */
  readonly restore?: string | URL | "none";
  readonly allowNonRestoredState?: boolean;
  readonly restartStrategy?: RestartStrategy | RestartStrategy["kind"] | "auto";
  readonly operatorChaining?: boolean;
  readonly slots?: number | "auto";
  readonly memoryPerSlot?: number | string;
  readonly edgeMemory?: number | string;
  readonly maxRecordBytes?: number | string;
  /** MiB. */
  readonly workerHeapMb?: number | "auto";
  readonly execution?: ExecutionMode;
}

/** Settings with every value decided. Sizes in bytes. @public */
export interface JobSettings {
  readonly parallelism: number;
  /** null = from each operator's parallelism. */
  readonly maxParallelism: number | null;
  readonly runtimeMode: RuntimeMode;
  readonly engine: EngineMode;
  readonly tiering: boolean;
  readonly bufferTimeoutMs: number;
  /** ms. */
  readonly autoWatermarkInterval: number;
  /** ms; null = off. */
  readonly checkpointInterval: number | null;
  readonly checkpointingMode: CheckpointingMode;
  /** ms. */
  readonly checkpointTimeout: number;
  /** ms. */
  readonly minPauseBetweenCheckpoints: number;
  readonly maxConcurrentCheckpoints: number;
  readonly tolerableFailedCheckpoints: number;
  readonly checkpointRetention: ExternalizedCheckpointRetention;
  readonly retainedCheckpoints: number;
  readonly checkpointsAfterTasksFinish: boolean;
  readonly incrementalCheckpoints: boolean;
  /** Absolute; null = in memory. */
  readonly checkpointDirectory: string | null;
  /** Absolute; null = none. */
  readonly savepointDirectory: string | null;
  /** Absolute, or "latest"; null = nothing. */
  readonly restore: string | null;
  readonly allowNonRestoredState: boolean;
  /** null = exponential-delay with checkpoints, none without. */
  readonly restartStrategy: RestartStrategy | null;
  readonly operatorChaining: boolean;
  /** null = what the job needs. */
  readonly slots: number | null;
  readonly memoryPerSlot: number;
  readonly edgeMemory: number;
  readonly maxRecordBytes: number;
  /** null = V8's own limit. */
  readonly workerHeapMb: number | null;
  readonly execution: ExecutionMode;
}

/** Checked values of one level, with the place they were set in. */
export interface SettingsLayer {
  /** Where to change them, for messages: "MILLRACE_PARALLELISM", "/app/millrace.config.json". */
  sourceOf(name: OptionName): string;
  readonly values: ReadonlyMap<OptionName, unknown>;
}

/** Checks the options a person wrote: MR_CONFIG_UNKNOWN_OPTION, MR_CONFIG_INVALID. */
export function layerOf(options: unknown, source: string): SettingsLayer {
  if (options === null || typeof options !== "object" || Array.isArray(options)) {
    throw new EngineError("MR_CONFIG_INVALID", {
      path: "options",
      actual: describeValue(options),
      expected: "an object of options",
      source,
    });
  }
  const values = new Map<OptionName, unknown>();
  for (const [name, value] of Object.entries(options)) {
    if (!isOptionName(name)) throw unknownOption(name, source);
    if (value !== undefined) values.set(name, checkOption(name, value, source));
  }
  return { sourceOf: () => source, values };
}

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

/** The value as the engine keeps it, or MR_CONFIG_INVALID naming `source`. */
export function checkOption(name: OptionName, value: unknown, source: string): unknown {
  const { kind } = OPTIONS[name];
  const checked = kind.check(value);
  if (checked.ok) return checked.value;
  throw new EngineError("MR_CONFIG_INVALID", {
    path: name,
    actual: describeValue(value),
    expected: kind.expected,
    source,
  });
}

/** Values of the layers, highest first, over the defaults. */
export class Settings {
  readonly #layers: readonly SettingsLayer[];

  constructor(layers: readonly SettingsLayer[]) {
    this.#layers = layers;
  }

  /** These settings under one more layer. */
  under(layer: SettingsLayer): Settings {
    return new Settings([layer, ...this.#layers]);
  }

  /** Where the value of `name` was set; "the default" when nowhere. */
  sourceOf(name: OptionName): string {
    return this.#layerWith(name)?.sourceOf(name) ?? "the default";
  }

  /** All values, decided and frozen. */
  resolve(): JobSettings {
    const resolved = Object.fromEntries(OPTION_NAMES.map((name) => [name, this.#valueOf(name)]));
    // The table's kinds make these values: its names and types are those of JobSettings.
    const settings = resolved as unknown as JobSettings;
    return Object.freeze({
      ...settings,
      parallelism: settings.parallelism ?? availableParallelism(),
    });
  }

  #valueOf(name: OptionName): unknown {
    const layer = this.#layerWith(name);
    return layer !== undefined ? layer.values.get(name) : OPTIONS[name].defaultValue;
  }

  #layerWith(name: OptionName): SettingsLayer | undefined {
    return this.#layers.find((layer) => layer.values.has(name));
  }
}
