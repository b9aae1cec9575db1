/** Functions of vectors as WebAssembly: compiled as those of a job are, and kept where they are kept. */
import { GeneratedModules } from "../../control/compiler/asc/generated-modules.ts";
import { foldModule } from "../../control/compiler/emit/fold-module.ts";
import { fusedModule } from "../../control/compiler/emit/fused-module.ts";
import { analyze } from "../../control/compiler/front/analyze.ts";
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
  return async () => {
    const { wasm } = await modules.loadModule({ name, text: module.text });
    return new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  };
}
