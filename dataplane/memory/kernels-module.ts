/** The compiled kernels. Compile once and post the module to workers. */
import { readFile } from "node:fs/promises";

const KERNELS = new URL("../assembly/kernels.wasm", import.meta.url);

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * The kernels that lie beside this package's compiled code. One module per thread: its instances share
 * code, so what one of them has made V8 optimise is optimised for the next.
 */
export function loadKernels(): Promise<WebAssembly.Module> {
  compiled ??= readFile(KERNELS).then((bytes) => WebAssembly.compile(bytes));
  return compiled;
}
