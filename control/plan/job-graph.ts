/**
 * JobGraph: the program as tasks (chains of operators) and exchanges between them. Plain JSON,
 * complete without the program but for the functions themselves.
 */
import type { Static } from "typebox";
import type { JobGraphSchema } from "./job-graph-schema.ts";

/** Arrays and tuples stay what they are: the mapped type goes over their elements. */
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type JobGraph = DeepReadonly<Static<typeof JobGraphSchema>>;
export type JobVertex = JobGraph["vertices"][number];
export type JobEdge = JobGraph["edges"][number];
/** An OperatorSpec with what explain() and the REST API say about it. */
export type JobOperator = JobVertex["operators"][number];

/** A job ready to be submitted. */
export interface CompiledPlan {
  readonly graph: JobGraph;
  /** `${operatorId}/${role}`, and `${edgeId}/${role}` of custom partitioners: functions, sources, sinks. */
  readonly functions: ReadonlyMap<string, unknown>;
  /** Modules of operators that were asked to be WebAssembly: the job waits for them. */
  readonly requiredModules: ReadonlySet<string>;
  /** SHA-256 of the graph without its name, in hex: equal on every run of a deterministic program. */
  readonly hash: string;
  /** One line per vertex and edge. */
  readonly text: string;
}
