/**
 * Bundles a job's entry file so that workers can import it. The engine itself and installed packages
 * stay outside (a bundled copy of the engine would not see the worker's task mode); the program's own
 * files, TypeScript or JavaScript, go in.
 */
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type {
  Loader,
  OnResolveArgs,
  OnResolveResult,
  Plugin,
  PluginBuild,
  ResolveResult,
} from "esbuild";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { loadEsbuild } from "../config/esbuild.ts";
import { engineFileOf, isEngineFile } from "./engine-files.ts";

export interface Bundle {
  /** file: URL of an ES module. */
  readonly url: string;
  /** Removes the bundle's files. */
  dispose(): Promise<void>;
}

const RESOLVING = Symbol("resolving");

export async function bundleProgram(entryPath: string): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-job-"));
  const dispose = () => rm(folder, { recursive: true, force: true });
  const outfile = join(folder, "job.mjs");
  try {
    const entry = await realpath(entryPath);
    await loadEsbuild().build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "inline",
      logLevel: "silent",
      define: {
        "import.meta.url": "__millraceFileUrl",
        "import.meta.filename": "__millraceFilename",
        "import.meta.dirname": "__millraceDirname",
      },
      plugins: [keepOutside, keepFileLocations],
    });
    return { url: pathToFileURL(outfile).href, dispose };
  } catch (error) {
    await dispose();
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError("MR_BUNDLE_FAILED", { entry: entryPath, message }, error);
  }
}

interface ImportRules {
  /** Of an import that names something; undefined = it has to be resolved first. */
  byName(name: string): OnResolveResult | undefined;
  byFile(resolved: ResolveResult, name: string): OnResolveResult;
}

/** A plugin that says of every import of a program whether it goes into the bundle. */
export function importPlugin(name: string, rules: ImportRules): Plugin {
  return {
    name,
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /.*/ }, async (args: OnResolveArgs) => {
        if (args.kind === "entry-point" || args.pluginData === RESOLVING) return undefined;
        const known = rules.byName(args.path);
        if (known !== undefined) return known;
        const { kind, resolveDir, importer } = args;
        const options = { kind, resolveDir, importer, pluginData: RESOLVING };
        return rules.byFile(await pluginBuild.resolve(args.path, options), args.path);
      });
    },
  };
}

/** Resolves the engine and installed packages to file URLs, which the bundle then imports as they are. */
const keepOutside = importPlugin("keep-outside", {
  byName(name) {
    const engineFile = engineFileOf(name);
    if (engineFile === null) return undefined;
    return { path: pathToFileURL(engineFile).href, external: true };
  },
  byFile(resolved) {
    if (resolved.errors.length > 0 || resolved.external) return resolved;
    if (isEngineFile(resolved.path) || resolved.path.includes(`${sep}node_modules${sep}`)) {
      return { path: pathToFileURL(resolved.path).href, external: true };
    }
    return resolved;
  },
});

/** `import.meta.url` and its kin keep naming the source file: a program reads files beside itself. */
const keepFileLocations: Plugin = {
  name: "keep-file-locations",
  setup(pluginBuild: PluginBuild) {
    pluginBuild.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async (args) => {
      const source = await readFile(args.path, "utf8");
      if (!source.includes("import.meta")) return undefined;
      const locations =
        `const __millraceFileUrl = ${JSON.stringify(pathToFileURL(args.path).href)}, ` +
        `__millraceFilename = ${JSON.stringify(args.path)}, ` +
        `__millraceDirname = ${JSON.stringify(dirname(args.path))};`;
      const contents = locations + source.replace(/^#!/, "//");
      return { contents, loader: loaderOf(args.path), resolveDir: dirname(args.path) };
    });
  },
};

function loaderOf(path: string): Loader {
  const extension = extname(path).replace(/^\.[cm]?/, "");
  return extension === "ts" || extension === "tsx" || extension === "jsx" ? extension : "js";
}
