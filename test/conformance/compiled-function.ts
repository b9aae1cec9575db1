/** Functions of vectors as WebAssembly: compiled as those of a job are, and kept where they are kept. */
import { GeneratedModules } from "../../control/compiler/asc/generated-modules.ts";
import { foldModule } from "../../control/compiler/emit/fold-module.ts";
import { fusedModule } from "../../control/compiler/emit/fused-module.ts";
import { analyzeAggregate } from "../../control/compiler/front/aggregate.ts";
import { analyze } from "../../control/compiler/front/analyze.ts";
import { mergeModuleOf, resultModuleOf } from "../../dataplane/protocol/deployment.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";

interface NamedFunction {
  readonly name: string;
  readonly fn: unknown;
  readonly role: "map" | "flatMap" | "reduce";
  readonly inputType: DataType;
  readonly outputType: DataType;
}

const modules = GeneratedModules.create(process.env);

/** null = it is not compiled. */
export function moduleOf({
  name,
  fn,
  role,
  inputType,
  outputType,
}: NamedFunction): (() => Promise<WebAssembly.Module>) | null {
  const analysis = analyze({ fn, role, inputType, declaredOutput: outputType });
  if (!analysis.ok) return null;
  const written = { about: role, program: analysis.program };
  const module = role === "reduce" ? foldModule(written) : fusedModule([written]);
  if (!module.ok) return null;
  return loaderOf(name, module.text);
}

/** Of add() and of getResult(); null = they are not compiled. */
export function aggregateOf(
  fn: unknown,
  inputType: DataType,
  outputType: DataType,
): {
  readonly accumulatorType: DataType;
  readonly loadModules: () => Promise<ReadonlyMap<string, WebAssembly.Module>>;
} | null {
  const analysis = analyzeAggregate({ fn, inputType, declaredOutput: outputType });
  if (!analysis.ok) return null;
  const { start, add, result, merge } = analysis.program;
  const fold = foldModule({ about: "add", program: add, start });
  const results = fusedModule([{ about: "getResult", program: result }]);
  const merging = merge === null ? null : foldModule({ about: "merge", program: merge });
  if (!fold.ok || !results.ok || merging?.ok !== true) return null;
  const loadModules = async (): Promise<ReadonlyMap<string, WebAssembly.Module>> =>
    new Map([
      [AGGREGATE_MODULE, await loaderOf("add", fold.text)()],
      [mergeModuleOf(AGGREGATE_MODULE), await loaderOf("merge", merging.text)()],
      [resultModuleOf(AGGREGATE_MODULE), await loaderOf("getResult", results.text)()],
    ]);
  return { accumulatorType: analysis.program.add.outputType, loadModules };
}

export const AGGREGATE_MODULE = "aggregate";

function loaderOf(name: string, text: string): () => Promise<WebAssembly.Module> {
  return async () => {
    const { wasm } = await modules.loadModule({ name, text });
    return new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  };
}
