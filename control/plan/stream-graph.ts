/**
 * The StreamGraph: the program as it was written, one frozen node per operator. Unions, partitioners
 * and keys are not nodes; they stand on the edges, as in Flink.
 */
import type { AsyncRetryStrategy } from "../../dataplane/protocol/async-retry.ts";
import type {
  AlignmentSpec,
  CoFunctionKind,
  KeySelectorSpec,
  RollingFunction,
  WatermarksSpec,
  WindowJoinForm,
} from "../../dataplane/protocol/deployment.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import type { WindowSpec } from "../../dataplane/protocol/window-spec.ts";
import type { EngineMode } from "../config/options.ts";

/** Order of definition; unique in a StreamGraphBuilder. */
export type NodeId = number;

/** ALWAYS: behind its producer if possible; HEAD: starts a chain; NEVER: alone in its task. */
export type ChainingStrategy = "ALWAYS" | "HEAD" | "NEVER";

/** One keyBy() call; its identity tells which edges share a `key` operator. */
export interface KeyDefinition {
  readonly selector: KeySelectorSpec;
  /** Function or KeySelector object; null where fields are named. */
  readonly function: unknown;
  /** Declared type of the key; null = found out at run time. */
  readonly type: DataType | null;
}

export type StreamPartitioner =
  | { readonly kind: "forward" | "rebalance" | "rescale" | "broadcast" | "shuffle" | "global" }
  | { readonly kind: "hash"; readonly key: KeyDefinition }
  | {
      readonly kind: "custom";
      readonly partitioner: unknown;
      readonly selector: KeySelectorSpec;
      readonly keyFunction: unknown;
    };

/** A side output, by its id: tags of one id are one. */
export interface SideOutput {
  readonly id: string;
  /** Declared by a tag; null = found out at run time. */
  readonly type: DataType | null;
}

/** A place a stream comes from: an output of a node, and how its rows are dealt out (null = not said). */
export interface Outlet {
  readonly node: NodeId;
  /** Absent = the main output. */
  readonly sideOutput?: SideOutput;
  readonly partitioner: StreamPartitioner | null;
  /** Which input it feeds of an operator that has two; absent = the first. */
  readonly which?: 1;
}

/** What the plan asks of a source; connectors/source.ts has the whole interface. */
export interface PlannedSource {
  readonly boundedness: "BOUNDED" | "CONTINUOUS_UNBOUNDED";
  readonly producedType: DataType | null;
  readonly maxSourceParallelism?: number;
  readonly description: string;
}

/** What the plan asks of a sink. */
export interface PlannedSink {
  readonly description: string;
}

/** What a program said about event time: a WatermarkStrategy. */
export interface PlannedWatermarks {
  readonly generator: WatermarksSpec["generator"];
  /** For generator "function": what makes it. */
  readonly supplier: unknown;
  /** Function or TimestampAssigner; null = records keep the times they have. */
  readonly assigner: unknown;
  readonly idlenessMs: number | null;
  readonly alignment: AlignmentSpec | null;
}

/** What every node has; null = not set by the program. */
export interface NodeSettings {
  readonly name: string | null;
  readonly uid: string | null;
  /** Own parallelism. */
  readonly parallelism: number | null;
  /** Parallelism of the environment when the node was defined; counts where there is no own one. */
  readonly environmentParallelism: number;
  readonly maxParallelism: number | null;
  readonly chaining: ChainingStrategy;
  readonly slotSharingGroup: string | null;
  readonly engine: EngineMode | null;
  readonly bufferTimeoutMs: number | null;
  /** Declared by returns(). */
  readonly type: DataType | null;
}

export type NodeKind =
  | {
      readonly kind: "source";
      readonly source: PlannedSource;
      /** null = neither times nor watermarks are made. */
      readonly watermarks: PlannedWatermarks | null;
    }
  | { readonly kind: "watermarks"; readonly watermarks: PlannedWatermarks }
  | { readonly kind: "map" | "flatMap" | "filter"; readonly fn: unknown }
  | { readonly kind: "reduce"; readonly fn: unknown }
  | {
      readonly kind: "process";
      readonly form: "process" | "map" | "flatMap" | "filter";
      readonly fn: unknown;
    }
  | {
      readonly kind: "rolling";
      readonly function: RollingFunction;
      readonly field: string | number;
      readonly first: boolean;
    }
  | {
      readonly kind: "connect";
      readonly fn: unknown;
      readonly function: CoFunctionKind;
      readonly isKeyed: boolean;
    }
  | {
      readonly kind: "broadcast";
      readonly fn: unknown;
      /** Names of the maps that make up the broadcast state. */
      readonly states: readonly string[];
      /** Of the first input; the second is broadcast. */
      readonly isKeyed: boolean;
    }
  | {
      readonly kind: "intervalJoin";
      readonly fn: unknown;
      /** ms, both included: timestamps of right records from that of a left one. */
      readonly lowerMs: number;
      readonly upperMs: number;
      readonly leftLateTag: string | null;
      readonly rightLateTag: string | null;
      readonly isKeyed: true;
    }
  | {
      readonly kind: "async";
      readonly fn: unknown;
      readonly ordered: boolean;
      readonly timeoutMs: number;
      readonly capacity: number;
      readonly retry: AsyncRetryStrategy<unknown> | null;
    }
  | {
      readonly kind: "window";
      /** Else all records are in the windows of one subtask. */
      readonly isKeyed: boolean;
      readonly window: WindowSpec;
      /** By the roles that the spec names. */
      readonly functions: Readonly<Record<string, unknown>>;
      /** Class of the assigner; the operator's name if it has no other. */
      readonly assignerName: string;
      readonly description: string;
    }
  | {
      readonly kind: "windowJoin";
      readonly form: WindowJoinForm;
      readonly isKeyed: true;
      readonly window: WindowSpec;
      /** As of windows. */
      readonly functions: Readonly<Record<string, unknown>>;
      readonly assignerName: string;
      readonly description: string;
    }
  | { readonly kind: "print"; readonly identifier: string; readonly toStderr: boolean }
  | { readonly kind: "collect" }
  | { readonly kind: "sink"; readonly sink: PlannedSink };

export type StreamNode = NodeSettings &
  NodeKind & { readonly id: NodeId; readonly inputs: readonly Outlet[] };

export interface StreamGraph {
  /** In order of definition, so every node stands behind its inputs. */
  readonly nodes: readonly StreamNode[];
}

const SINKS: ReadonlySet<StreamNode["kind"]> = new Set(["print", "collect", "sink"]);

export function isSink(node: StreamNode): boolean {
  return SINKS.has(node.kind);
}
