/** How generated modules are compiled: as the release kernels are, but into a part of memory of their own. */
import { MEMORY_GENERATED_BASE } from "../../../dataplane/protocol/memory-layout.ts";

/** Every module lies here while it is compiled, so that its name does not change its bytes. */
export const MODULE_PATH = "dataplane/assembly/generated/module.ts";
export const WASM_PATH = "module.wasm";
export const WAT_PATH = "module.wat";
/** Of the package, and shipped with it. */
export const CONFIG_PATH = "asconfig.json";

/** One page of memory at the start makes asc refuse static data that would reach into the heap. */
export const ASC_ARGUMENTS: readonly string[] = [
  MODULE_PATH,
  ...["--config", CONFIG_PATH, "--target", "release"],
  ...["--memoryBase", String(MEMORY_GENERATED_BASE), "--initialMemory", "1"],
  ...["--outFile", WASM_PATH],
];
