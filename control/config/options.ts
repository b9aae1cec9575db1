/**
 * Every option of the engine: one table, from which come the checks, the names of the environment
 * variables, the defaults and the reference (docs/reference/configuration.md).
 */
import {
  bytes,
  directory,
  duration,
  flag,
  integer,
  type OptionKind,
  oneOf,
  orAuto,
  orLatest,
  orWord,
} from "./option-kinds.ts";
import { type RestartStrategy, restartStrategy } from "./restart-strategy-kind.ts";

/** Upper bound of the maximum parallelism: Flink's number of key groups, 2^15. */
export const MAX_PARALLELISM_LIMIT = 32_768;

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** How results of a bounded job come out; AUTOMATIC is BATCH when all sources are bounded. @public */
export type RuntimeMode = "STREAMING" | "BATCH" | "AUTOMATIC";
/** What operators run on; "wasm" makes a fallback to JavaScript an error. @public */
export type EngineMode = "auto" | "wasm" | "js";
/** What a checkpoint promises about records between it and a failure. @public */
export type CheckpointingMode = "EXACTLY_ONCE" | "AT_LEAST_ONCE";
/** What becomes of checkpoints when a job ends otherwise than FINISHED. @public */
export type ExternalizedCheckpointRetention =
  /** Deleted, except when it is suspended. */
  | "NO_EXTERNALIZED_CHECKPOINTS"
  /** Kept when it fails. */
  | "DELETE_ON_CANCELLATION"
  /** Kept when it fails and when it is canceled. */
  | "RETAIN_ON_CANCELLATION";
/** "pool": one worker thread per slot; "in-process": all subtasks on the calling thread. @public */
export type ExecutionMode = "pool" | "in-process";

export interface OptionSpec<T> {
  readonly kind: OptionKind<T>;
  readonly defaultValue: T;
  /** The default, in words, where it depends on the machine. */
  readonly defaultText?: string;
  readonly about: string;
  /** Flink's name of it, for hints. */
  readonly flinkName: string | null;
}

function option<T>(spec: OptionSpec<T>): OptionSpec<T> {
  return spec;
}

export const OPTIONS = {
  parallelism: option<number | null>({
    kind: orAuto(integer(1, MAX_PARALLELISM_LIMIT)),
    defaultValue: null,
    defaultText: '"auto": the number of cores',
    about: "Parallelism of operators that set none themselves.",
    flinkName: "parallelism.default",
  }),
  maxParallelism: option<number | null>({
    kind: orAuto(integer(1, MAX_PARALLELISM_LIMIT)),
    defaultValue: null,
    defaultText: '"auto": from the parallelism, at least 128, as Flink does',
    about: "Number of key groups of keyed operators; fixed for the life of their state.",
    flinkName: "pipeline.max-parallelism",
  }),
  runtimeMode: option<RuntimeMode>({
    kind: oneOf("STREAMING", "BATCH", "AUTOMATIC"),
    defaultValue: "STREAMING",
    about:
      "In BATCH, rolling aggregates emit only the last value of each key; AUTOMATIC is BATCH when all sources are bounded.",
    flinkName: "execution.runtime-mode",
  }),
  engine: option<EngineMode>({
    kind: oneOf("auto", "wasm", "js"),
    defaultValue: "auto",
    about:
      "What operators run on; with wasm, an operator that would run as JavaScript is an error.",
    flinkName: null,
  }),
  tiering: option<boolean>({
    kind: flag(),
    defaultValue: true,
    about:
      "Whether a job starts in JavaScript while modules that are not in the cache are compiled; without, it waits for them.",
    flinkName: null,
  }),
  bufferTimeoutMs: option<number>({
    kind: integer(-1, 3_600_000),
    defaultValue: 100,
    about: "ms a partly filled batch may wait; 0 sends every record at once, -1 only full batches.",
    flinkName: "execution.buffer-timeout.interval",
  }),
  autoWatermarkInterval: option<number>({
    kind: duration(0, 86_400_000),
    defaultValue: 200,
    about:
      "Processing time between watermarks of periodic generators; 0 = periodic ones make none before the end.",
    flinkName: "pipeline.auto-watermark-interval",
  }),
  checkpointInterval: option<number | null>({
    kind: orWord(duration(10, 31_536_000_000), "off"),
    defaultValue: null,
    defaultText: '"off"',
    about: "Time between the beginnings of checkpoints; not in BATCH.",
    flinkName: "execution.checkpointing.interval",
  }),
  checkpointingMode: option<CheckpointingMode>({
    kind: oneOf("EXACTLY_ONCE", "AT_LEAST_ONCE"),
    defaultValue: "EXACTLY_ONCE",
    about: "With AT_LEAST_ONCE no channel waits for barriers of others; records may count twice.",
    flinkName: "execution.checkpointing.mode",
  }),
  checkpointTimeout: option<number>({
    kind: duration(10, 31_536_000_000),
    defaultValue: 600_000,
    about: "A checkpoint that is not complete by then is aborted.",
    flinkName: "execution.checkpointing.timeout",
  }),
  minPauseBetweenCheckpoints: option<number>({
    kind: duration(0, 31_536_000_000),
    defaultValue: 0,
    about: "From the end of one to the beginning of the next; above 0, one is in flight at a time.",
    flinkName: "execution.checkpointing.min-pause",
  }),
  maxConcurrentCheckpoints: option<number>({
    kind: integer(1, 1000),
    defaultValue: 1,
    about: "Checkpoints in flight at a time.",
    flinkName: "execution.checkpointing.max-concurrent-checkpoints",
  }),
  tolerableFailedCheckpoints: option<number>({
    kind: integer(0, 2 ** 31 - 1),
    defaultValue: 0,
    about: "Failed checkpoints in a row that the job bears.",
    flinkName: "execution.checkpointing.tolerable-failed-checkpoints",
  }),
  checkpointRetention: option<ExternalizedCheckpointRetention>({
    kind: oneOf("NO_EXTERNALIZED_CHECKPOINTS", "DELETE_ON_CANCELLATION", "RETAIN_ON_CANCELLATION"),
    defaultValue: "NO_EXTERNALIZED_CHECKPOINTS",
    about:
      "Which checkpoints outlive a job that does not finish: none, those of a failed job, or those of a canceled one too.",
    flinkName: "execution.checkpointing.externalized-checkpoint-retention",
  }),
  retainedCheckpoints: option<number>({
    kind: integer(1, 1000),
    defaultValue: 1,
    about: "Completed checkpoints that are kept.",
    flinkName: "state.checkpoints.num-retained",
  }),
  checkpointsAfterTasksFinish: option<boolean>({
    kind: flag(),
    defaultValue: true,
    about: "Whether there are checkpoints when some tasks have finished.",
    flinkName: "execution.checkpointing.checkpoints-after-tasks-finish",
  }),
  incrementalCheckpoints: option<boolean>({
    kind: flag(),
    defaultValue: true,
    about:
      "Whether checkpoints in a directory have only what has changed since the one before, for operators that know.",
    flinkName: "execution.checkpointing.incremental",
  }),
  checkpointDirectory: option<string | null>({
    kind: orWord(directory(), "memory"),
    defaultValue: null,
    defaultText: '"memory": lost with the process',
    about: "Where checkpoints are stored.",
    flinkName: "execution.checkpointing.dir",
  }),
  savepointDirectory: option<string | null>({
    kind: orWord(directory(), "none"),
    defaultValue: null,
    defaultText: '"none": it has to be given with each',
    about: "Where savepoints are stored, each in a folder of its own.",
    flinkName: "execution.checkpointing.savepoint-dir",
  }),
  restore: option<string | null>({
    kind: orWord(orLatest(directory()), "none"),
    defaultValue: null,
    defaultText: '"none": nothing',
    about:
      'The checkpoint or savepoint that the first job of an environment starts from; "latest" = the newest one in checkpointDirectory, if there is one.',
    flinkName: "execution.state-recovery.path",
  }),
  allowNonRestoredState: option<boolean>({
    kind: flag(),
    defaultValue: false,
    about: "Whether state of operators that the job does not have is left out when it is restored.",
    flinkName: "execution.state-recovery.ignore-unclaimed-state",
  }),
  restartStrategy: option<RestartStrategy | null>({
    kind: orAuto(restartStrategy()),
    defaultValue: null,
    defaultText: '"auto": exponential-delay with checkpoints, none without',
    about: "Whether and when a job starts again after a failure.",
    flinkName: "restart-strategy.type",
  }),
  operatorChaining: option<boolean>({
    kind: flag(),
    defaultValue: true,
    about: "Whether operators that can are fused into one task.",
    flinkName: "pipeline.operator-chaining.enabled",
  }),
  slots: option<number | null>({
    kind: orAuto(integer(1, 1024)),
    defaultValue: null,
    defaultText: '"auto": what the job needs',
    about: "Slots there are; a job that needs more is refused.",
    flinkName: "taskmanager.numberOfTaskSlots",
  }),
  memoryPerSlot: option<number>({
    kind: bytes(4 * MIB, 64 * GIB),
    defaultValue: 512 * MIB,
    about:
      "Linear memory and buffers that the subtasks of one slot may borrow; taken only as needed.",
    flinkName: "taskmanager.memory.managed.size",
  }),
  edgeMemory: option<number>({
    kind: bytes(64 * KIB, 4 * GIB),
    defaultValue: 32 * MIB,
    about: "Memory of all rings of one exchange between two tasks, whatever their parallelism.",
    flinkName: "taskmanager.memory.network.max",
  }),
  maxRecordBytes: option<number>({
    kind: bytes(KIB, GIB),
    defaultValue: 64 * MIB,
    about: "Largest record; a larger one fails the job.",
    flinkName: null,
  }),
  workerHeapMb: option<number | null>({
    kind: orAuto(integer(16, 1_048_576)),
    defaultValue: null,
    defaultText: '"auto": V8\'s own limit',
    about: "MiB of JavaScript heap of one worker thread.",
    flinkName: "taskmanager.memory.task.heap.size",
  }),
  execution: option<ExecutionMode>({
    kind: oneOf("pool", "in-process"),
    defaultValue: "pool",
    about:
      "pool runs each slot on a worker thread; in-process runs all of them on the calling thread (tests, small embeds).",
    flinkName: "execution.target",
  }),
} as const;

export type OptionName = keyof typeof OPTIONS;

export const OPTION_NAMES = Object.freeze(Object.keys(OPTIONS)) as readonly OptionName[];

/** `bufferTimeoutMs` -> `MILLRACE_BUFFER_TIMEOUT_MS`. */
export function environmentVariableOf(name: OptionName): string {
  return `MILLRACE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
