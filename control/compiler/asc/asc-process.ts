/**
 * The process of the compiler: asc takes a few hundred MiB, so it lives no longer than it is needed.
 * Sources come as messages and results go back as such; nothing is read from disk or written to it.
 */
import asc from "assemblyscript/asc";
import { ASC_ARGUMENTS, MODULE_PATH, WASM_PATH, WAT_PATH } from "./asc-arguments.ts";
import type { AscAnswer, AscRequest } from "./asc-messages.ts";

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
