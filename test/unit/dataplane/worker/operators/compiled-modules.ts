/** Generated modules for a test file, each compiled once, and delivered to segments when a test says so. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { GeneratedModules } from "../../../../../control/compiler/asc/generated-modules.ts";
import { ModuleCache } from "../../../../../control/compiler/asc/module-cache.ts";
import { ModuleCompiler } from "../../../../../control/compiler/asc/module-compiler.ts";
import type { FusedModule } from "../../../../../control/compiler/emit/fused-module.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-test-modules-"));
const modules = new GeneratedModules({
  compiler: new ModuleCompiler(),
  cache: new ModuleCache({ directory: folder, onWarning: () => {} }),
});
after(() => {
  modules.close();
  rmSync(folder, { recursive: true });
});

/** A module that those who ask for it do not find until it is delivered. */
export class PendingModule {
  readonly #wasm: Uint8Array;
  #module: WebAssembly.Module | null = null;

  constructor(wasm: Uint8Array) {
    this.#wasm = wasm;
  }

  /** As SegmentContext.moduleOf(), of a context with one module. */
  readonly moduleOf = (): WebAssembly.Module | null => this.#module;

  /** Makes the module known, as a command of the master would. */
  deliver(): void {
    this.#module = new WebAssembly.Module(this.#wasm as Uint8Array<ArrayBuffer>);
  }
}

export async function compileModule(generated: FusedModule): Promise<PendingModule> {
  if (!generated.ok) throw new Error(generated.reason);
  const { wasm } = await modules.loadModule({ name: "test", text: generated.text });
  return new PendingModule(wasm);
}
