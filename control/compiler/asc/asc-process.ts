/**
 * The process of the compiler: asc takes a few hundred MiB, so it lives no longer than it is needed.
 * Sources come as messages and results go back as such; nothing is read from disk or written to it.
 */
import { setFlagsFromString } from "node:v8";
import { ASC_ARGUMENTS, MODULE_PATH, WASM_PATH, WAT_PATH } from "./asc-arguments.ts";
import type { AscAnswer, AscRequest } from "./asc-messages.ts";

// Binaryen is 8 MiB of WebAssembly, of which a compilation runs most parts a few times: optimising them took
// V8 longer than all else (first module: 4.4 s of CPU, without 1.8 s; later ones the same 0.9 s).
setFlagsFromString("--liftoff-only");
const { default: asc } = await import("assemblyscript/asc");

let library: ReadonlyMap<string, string> = new Map();

process.on("message", (request: AscRequest) => {
  if (request.kind === "library") library = request.files;
  else compile(request.text, request.withWat).then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
// Ctrl-C reaches every process of the terminal; when to end is for the parent to say.
process.on("SIGINT", () => {});

async function compile(text: string, withWat: boolean): Promise<AscAnswer> {
  const written = new Map<string, string | Uint8Array>();
  const stderr = asc.createMemoryStream();
  const args = withWat ? [...ASC_ARGUMENTS, "--textFile", WAT_PATH] : ASC_ARGUMENTS;
  const { error } = await asc.main(args, {
    stderr,
    stdout: asc.createMemoryStream(),
    readFile: (path) => (path === MODULE_PATH ? text : (library.get(path) ?? null)),
    writeFile: (path, contents) => written.set(path, contents),
    listFiles: () => null,
  });
  const wasm = written.get(WASM_PATH);
  if (error !== null || !(wasm instanceof Uint8Array)) {
    const diagnostics = stderr.toString().trim();
    return { kind: "refused", diagnostics: diagnostics || String(error) };
  }
  const wat = written.get(WAT_PATH);
  return { kind: "compiled", wasm, wat: typeof wat === "string" ? wat : null };
}
