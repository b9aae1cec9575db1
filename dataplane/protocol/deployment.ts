/**
 * What the control plane tells a slot to run. Plain data plus SharedArrayBuffers: everything but the
 * buffers can be serialised, and a slot of another process can run the same tasks over another exchange.
 */
import type { BackoffSpec } from "./async-retry.ts";
import type { TaskRestore } from "./checkpoint.ts";
import type { DataType } from "./types.ts";
import type { WatermarkGroupSpec } from "./watermark-group.ts";
import type { CombinePanes, WindowSpec } from "./window-spec.ts";

/** What rows on an edge look like. null = known only when the first record is seen (schema frames). */
export interface BatchType {
  readonly record: DataType;
  /** A key column behind the record's columns, made by a `key` operator; null = none. */
  readonly key: DataType | null;
}

/** Where the key of a record is: physical top-level fields of declared types, or the key column. */
export type KeySpec =
  | { readonly kind: "fields"; readonly fields: readonly number[] }
  | { readonly kind: "key-column" };

/** What keyBy() was given; a `key` operator evaluates it. Functions: role "key". */
export type KeySelectorSpec =
  | { readonly kind: "function" }
  | { readonly kind: "field"; readonly field: string | number }
  | { readonly kind: "fields"; readonly fields: readonly (string | number)[] };

export type RollingFunction = "sum" | "min" | "max" | "minBy" | "maxBy";

/** What a function of two connected streams is: which methods it has. */
export type CoFunctionKind = "map" | "flatMap" | "process";

/** What a function gets of a window of two streams: each pair, or both groups. Also its method. */
export type WindowJoinForm = "join" | "coGroup";

/** One of the inputs of an operator that has two. */
export interface TwoInputPart {
  /** null = found out at run time. */
  readonly type: BatchType | null;
  /** null = not keyed. */
  readonly key: KeySpec | null;
}

/** Of the head of a chain only. `inputType` is that of the first. */
interface TwoInputs {
  readonly inputs: readonly [TwoInputPart, TwoInputPart];
}

/** How watermarks come to be. Functions of the operator: roles "timestamps" and "generator". */
export interface WatermarksSpec {
  /**
   * max-timestamp: the largest timestamp so far less `lagMs`, periodically; function: what the supplier
   * in role "generator" makes.
   */
  readonly generator:
    | { readonly kind: "none" | "function" }
    | { readonly kind: "max-timestamp"; readonly lagMs: number };
  /** Whether role "timestamps" assigns the records' times; else they keep what they have. */
  readonly assigner: boolean;
  /** ms without a record after which the stream, or the split, is idle; null = never. */
  readonly idlenessMs: number | null;
  /** ms of processing time between periodic emissions; 0 = there are none. */
  readonly intervalMs: number;
  /** Of sources: who waits for whom. Absent = nobody. */
  readonly alignment?: AlignmentSpec;
}

/** Sources of a job with the same group wait for each other. */
export interface AlignmentSpec {
  readonly group: string;
  /** ms that a watermark may be above the least of the group. */
  readonly maxDriftMs: number;
  /** ms of processing time between two looks at the group. */
  readonly updateIntervalMs: number;
}

export type AsyncRetrySpec =
  | ({ readonly kind: "backoff" } & BackoffSpec)
  | { readonly kind: "custom" };

export interface SideOutputSpec {
  readonly tag: string;
  /** null = found out at run time. */
  readonly type: BatchType | null;
}

interface OperatorBase {
  /** Stable within a job: the same in plan, worker and metrics. */
  readonly id: string;
  readonly name: string;
  /** Operator ids of this chain it reads from; empty for the head. */
  readonly input: string | null;
  /** Which output of that operator; absent = the main one. */
  readonly inputOutput?: number;
  /** Side outputs that somebody reads: output 1 and up. Absent = none. */
  readonly sideOutputs?: readonly SideOutputSpec[];
  /** null = found out at run time. */
  readonly inputType: BatchType | null;
  readonly outputType: BatchType | null;
  readonly engine: "wasm" | "js";
}

/** Functions are found under `${id}/${role}`; the roles are named per kind. */
export type OperatorSpec = OperatorBase &
  (
    | {
        readonly kind: "source"; // role "source": a Source
        /** Absent = records have the times they come with, and the end alone makes a watermark. */
        readonly watermarks?: WatermarksSpec;
        /** Of role "timestamps", from a record to a LONG. Absent or null = JavaScript. */
        readonly module?: string | null;
      }
    | {
        readonly kind: "watermarks";
        readonly watermarks: WatermarksSpec;
        /** As above. */
        readonly module?: string | null;
      }
    | {
        readonly kind: "map" | "flatMap" | "filter"; // role "fn"
        /** Operators of one value, one behind the other, are compiled into one module. Absent or null = JavaScript. */
        readonly module?: string | null;
      }
    | {
        readonly kind: "key"; // role "key" where the selector is a function
        readonly selector: KeySelectorSpec;
        /** Type of the key column, where it is declared or inferred; null = BYTES, canonically encoded. */
        readonly keyType: DataType | null;
        /** As above. */
        readonly module?: string | null;
        readonly maxParallelism: number;
      }
    | {
        readonly kind: "rolling";
        readonly function: RollingFunction;
        readonly field: string | number;
        /** minBy, maxBy: among equals the first record stays (true) or the last one wins. */
        readonly first: boolean;
        readonly key: KeySpec;
        /** BATCH: only the last value of each key, at the end of input. */
        readonly finalOnly: boolean;
      }
    | {
        /** Folds rows in front of the exchange to the `rolling` (BATCH only) or `window` they go to. */
        readonly kind: "combine";
        /** Of the windows; null = all rows may be folded together. */
        readonly panes: CombinePanes | null;
        readonly function: RollingFunction;
        readonly field: string | number;
        readonly first: boolean;
        readonly key: KeySpec;
        /** Of the operator behind the exchange. */
        readonly maxParallelism: number;
      }
    | {
        readonly kind: "reduce"; // role "fn"
        readonly key: KeySpec;
        /** As above. */
        readonly finalOnly: boolean;
        /** Its own. Absent or null = JavaScript. */
        readonly module?: string | null;
        /** Compiled: fields that the function takes from neither record as they are; none is of the key. */
        readonly changedFields?: readonly number[];
      }
    | (TwoInputs & {
        readonly kind: "connect"; // role "fn"
        readonly function: CoFunctionKind;
      })
    | (TwoInputs & {
        readonly kind: "broadcast"; // role "fn"
        /** Names of the maps that make up the broadcast state. */
        readonly states: readonly string[];
      })
    | (TwoInputs & {
        readonly kind: "intervalJoin"; // role "fn"
        /** ms, both included: timestamps of right records from that of a left one. */
        readonly lowerMs: number;
        readonly upperMs: number;
        /** Side outputs for late records of either side; null = they are dropped. */
        readonly leftLateTag: string | null;
        readonly rightLateTag: string | null;
      })
    | {
        /** Roles "fn"; "retry-result" and "retry-exception": predicates of a backoff; "retry": a custom strategy. */
        readonly kind: "async";
        /** Results in the order of the input; else as they come, between two watermarks. */
        readonly ordered: boolean;
        /** ms from the first attempt; 0 = none. */
        readonly timeoutMs: number;
        /** Records, watermarks and statuses that wait for results at most. */
        readonly capacity: number;
        readonly retry: AsyncRetrySpec | null;
      }
    | {
        readonly kind: "process"; // role "fn"
        /** What the function is: a process function, or a rich one on a keyed stream. */
        readonly form: "process" | "map" | "flatMap" | "filter";
        /** null = the stream is not keyed: no state, no timers. */
        readonly key: KeySpec | null;
      }
    | {
        /** Roles: those that the window's spec names. */
        readonly kind: "window";
        /** null = not keyed: all records are in the windows of one subtask. */
        readonly key: KeySpec | null;
        readonly window: WindowSpec;
        /** Of a reduce that is compiled, as of the operator reduce. */
        readonly module?: string | null;
        readonly changedFields?: readonly number[];
        /** Of an aggregate that is compiled; see resultModuleOf(). */
        readonly accumulatorType?: DataType | null;
      }
    | (TwoInputs & {
        /** Roles: those that the window's spec names. */
        readonly kind: "windowJoin";
        readonly form: WindowJoinForm;
        /** Of records of both inputs; it keeps all of them. */
        readonly window: WindowSpec;
      })
    | { readonly kind: "print"; readonly identifier: string; readonly toStderr: boolean }
    | { readonly kind: "collect" } // rows go to the control plane as batches
    | { readonly kind: "sink" } // role "sink": a Sink
  );

/** Of an AggregateFunction whose add() is in a module: the one that getResult() is in. */
export function resultModuleOf(module: string): string {
  return `${module}/result`;
}

/** The one that merge() is in: of sessions, where it is compiled. */
export function mergeModuleOf(module: string): string {
  return `${module}/merge`;
}

export type PartitionerSpec =
  | { readonly kind: "forward" | "rebalance" | "rescale" | "broadcast" | "shuffle" | "global" }
  | { readonly kind: "hash"; readonly key: KeySpec; readonly maxParallelism: number }
  /** Functions: `${functionId}/partitioner`, and `${functionId}/key` where the selector is a function. */
  | {
      readonly kind: "custom";
      readonly functionId: string;
      readonly selector: KeySelectorSpec;
      /** Key and partitioner as one module, of a record to a NUMBER. Absent or null = JavaScript. */
      readonly module?: string | null;
    };

/** One ring; `doorbell` is the byte offset of the other side's doorbell in the doorbells buffer. */
export interface ChannelSpec {
  readonly ring: SharedArrayBuffer;
  readonly peerDoorbell: number;
  /** Both ends run in one slot: no thread needs waking. */
  readonly local: boolean;
}

export interface InputSpec {
  readonly edgeId: string;
  /** Which input of the head it feeds, where that has two; absent = the first. */
  readonly which?: 1;
  readonly type: BatchType | null;
  /** One per producer subtask that feeds this one. */
  readonly channels: readonly ChannelSpec[];
}

export interface OutputSpec {
  readonly edgeId: string;
  /** Operator of the chain whose output this is, and which of its outputs (0 = main). */
  readonly operatorId: string;
  readonly output: number;
  readonly type: BatchType | null;
  readonly partitioner: PartitionerSpec;
  /** As TaskOptions.bufferTimeoutMs, for this output; absent = the task's. */
  readonly bufferTimeoutMs?: number;
  /** One per consumer subtask this one feeds, in order. */
  readonly channels: readonly ChannelSpec[];
}

export interface TaskSpec {
  readonly vertexId: string;
  readonly name: string;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly attempt: number;
  /** In topological order; [0] is the head. */
  readonly operators: readonly OperatorSpec[];
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  /** Byte offset of this subtask's counters in the metrics buffer. */
  readonly metricsOffset: number;
  /** Where the head is a source with an alignment: its place in the group. */
  readonly watermarkGroup?: WatermarkGroupSpec;
  /** Absent = it starts empty. */
  readonly restore?: TaskRestore;
}

export interface TaskOptions {
  /** ms a partly filled batch may wait in an output; 0 = flush after every record; -1 = only when full. */
  readonly bufferTimeoutMs: number;
  readonly maxRecordBytes: number;
  /** Bytes this slot's tasks may borrow for linear memory and buffers. */
  readonly memoryBytes: number;
  /** The job takes checkpoints; absent = it does not. */
  readonly isCheckpointed?: boolean;
}

export interface SlotDeployment {
  readonly jobId: string;
  readonly slotIndex: number;
  readonly tasks: readonly TaskSpec[];
  readonly options: TaskOptions;
  readonly metrics: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  /** Byte offset of this slot's own doorbell. */
  readonly doorbell: number;
  /** The compiled WebAssembly.Module of the kernels. */
  readonly kernels: object;
  /** WebAssembly.Modules of compiled operators that are there already, by OperatorSpec.module. */
  readonly modules: Readonly<Record<string, object>>;
  /** A MessagePort, transferred: to the thread that writes snapshots. Absent = states come with the reports. */
  readonly snapshotPort?: object;
}
