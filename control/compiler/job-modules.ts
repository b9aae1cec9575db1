/** The modules that a job's compiled operators need, as sources. */
import { mergeModuleOf, resultModuleOf } from "../../dataplane/protocol/deployment.ts";
import type { JobEdge, JobGraph, JobOperator } from "../plan/job-graph.ts";
import type { GeneratedSource } from "./asc/module-compiler.ts";
import { foldModule } from "./emit/fold-module.ts";
import { type FusedModule, fusedModule } from "./emit/fused-module.ts";
import type { AggregateProgram, Program } from "./ir.ts";

export interface JobModule {
  /** Operators name it by this. */
  readonly id: string;
  readonly source: GeneratedSource;
}

type CompiledOperator = Extract<JobOperator, { readonly module: string | null }>;

export function jobModules(graph: JobGraph): readonly JobModule[] {
  const operators = graph.vertices
    .flatMap((vertex) => vertex.operators)
    .filter((operator): operator is CompiledOperator => "module" in operator);
  const ids = new Set(operators.flatMap(({ module }) => module ?? []));
  const runs = [...ids].flatMap((id) => {
    const run = operators.filter(({ module }) => module === id);
    const members = run.map(({ name, kind, program }) => ({
      about: name === kind ? kind : `${kind}: ${name}`,
      program: program as Program,
    }));
    const [first] = members;
    const [operator] = run;
    const name = operator?.name ?? id;
    if (operator?.kind === "window" && operator.accumulatorType !== null) {
      const merges = operator.window.assigner.kind === "session";
      return aggregateModules(id, name, operator.program as AggregateProgram, merges);
    }
    const isFold = operator?.kind === "reduce" || operator?.kind === "window";
    const written = isFold && first !== undefined ? foldModule(first) : fusedModule(members);
    return moduleOf(id, name, written);
  });
  return [...runs, ...graph.edges.flatMap(partitionerModule)];
}

/**
 * That of the fold, that of the results, and that of merges.
 *
 * @param merges whether windows do
 */
function aggregateModules(
  id: string,
  name: string,
  { start, add, result, merge }: AggregateProgram,
  merges: boolean,
): readonly JobModule[] {
  const fold = foldModule({ about: `add: ${name}`, program: add, start });
  const results = fusedModule([{ about: `getResult: ${name}`, program: result }]);
  const modules = [...moduleOf(id, name, fold), ...moduleOf(resultModuleOf(id), name, results)];
  if (!merges || merge === null) return modules;
  const merging = foldModule({ about: `merge: ${name}`, program: merge });
  return [...modules, ...moduleOf(mergeModuleOf(id), name, merging)];
}

function partitionerModule({ partitioner, target }: JobEdge): readonly JobModule[] {
  if (partitioner.kind !== "custom" || partitioner.module === null) return [];
  const about = `partitioner: ${partitioner.functionId} to ${target}`;
  const program = partitioner.program as Program;
  return moduleOf(partitioner.module, "partitioner", fusedModule([{ about, program }]));
}

/** What a run is too long for stays JavaScript: its operators alone are not. */
function moduleOf(id: string, name: string, generated: FusedModule): readonly JobModule[] {
  return generated.ok ? [{ id, source: { name, text: generated.text } }] : [];
}
