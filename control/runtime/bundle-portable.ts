/**
 * Bundles a program so that it runs on another machine: installed packages go in, and the engine stays outside
 * under its package's name, so that whoever runs the bundle puts its own in.
 */
import { realpath } from "node:fs/promises";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { loadEsbuild } from "../config/esbuild.ts";
import { importPlugin } from "./bundle.ts";
import { entryOfEngineFile, isEngineFile, PACKAGE_NAMES } from "./engine-files.ts";

/** Packages in CommonJS ask for Node's modules with require(), which an ES module does not have. */
const REQUIRE =
  'import { createRequire as __millraceCreateRequire } from "node:module";' +
  "const require = __millraceCreateRequire(import.meta.filename);";

/** The text of an ES module. Errors: MR_PROGRAM_NOT_FOUND, MR_BUNDLE_FAILED. */
export async function bundlePortable(entryPath: string): Promise<Uint8Array> {
  const entry = await realpath(entryPath).catch((error: unknown) => {
    throw new EngineError("MR_PROGRAM_NOT_FOUND", { path: entryPath }, error);
  });
  try {
    const { outputFiles } = await loadEsbuild().build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "inline",
      banner: { js: REQUIRE },
      logLevel: "silent",
      plugins: [keepEngineByName],
    });
    const [output] = outputFiles;
    if (output === undefined) throw new TypeError("esbuild made nothing");
    return output.contents;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError("MR_BUNDLE_FAILED", { entry: entryPath, message }, error);
  }
}

/** Also where a program names the engine's files by their path. */
const keepEngineByName = importPlugin("keep-engine-by-name", {
  byName: (name) => (PACKAGE_NAMES.has(name) ? { path: name, external: true } : undefined),
  byFile(resolved, name) {
    const engineName = entryOfEngineFile(resolved.path);
    if (engineName !== null) return { path: engineName, external: true };
    if (!isEngineFile(resolved.path)) return resolved;
    const text = `${name} is a part of the engine that programs cannot import; import from "millrace"`;
    return { errors: [{ text }] };
  },
});
