/** The published schema and the types of the protocol say the same. Compiled, never run. */
import type { JobEdge, JobOperator } from "../../control/plan/job-graph.ts";
import type {
  BatchType,
  OperatorSpec,
  PartitionerSpec,
} from "../../dataplane/protocol/deployment.ts";

type Accepts<Target, Value extends Target> = Value;
type Extras =
  | "reason"
  | "description"
  | "uid"
  | "program"
  | "module"
  | "changedFields"
  | "accumulatorType";
type OmitEach<T, K extends string> = T extends unknown ? Omit<T, K> : never;

export type SchemaHasOperators = Accepts<
  OmitEach<JobOperator, Extras>,
  OmitEach<OperatorSpec, "module" | "changedFields" | "accumulatorType">
>;
export type ProtocolHasOperators = Accepts<OperatorSpec, JobOperator>;
export type SchemaHasPartitioners = Accepts<
  OmitEach<JobEdge["partitioner"], Extras>,
  OmitEach<PartitionerSpec, "module">
>;
export type ProtocolHasPartitioners = Accepts<PartitionerSpec, JobEdge["partitioner"]>;
export type SchemaHasTypes = Accepts<JobEdge["type"], BatchType | null>;
export type ProtocolHasTypes = Accepts<BatchType | null, JobEdge["type"]>;
