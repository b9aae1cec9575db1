/** The modules that a job's compiled operators need, as sources. */
import type { JobGraph, JobOperator } from "../plan/job-graph.ts";
import type { GeneratedSource } from "./asc/module-compiler.ts";
import { fusedModule } from "./emit/fused-module.ts";
import type { Program } from "./ir.ts";

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
  return [...ids].flatMap((id) => {
    const run = operators.filter(({ module }) => module === id);
    const fused = fusedModule(
      run.map(({ name, kind, program }) => ({
        about: name === kind ? kind : `${kind}: ${name}`,
        program: program as Program,
      })),
    );
    // What a run is too long for stays JavaScript: its operators alone are not.
    return fused.ok ? [{ id, source: { name: run[0]?.name ?? id, text: fused.text } }] : [];
  });
}
