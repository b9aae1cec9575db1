/**
 * The system level's second part: `millrace.config.json` or `millrace.config.ts`, in the working
 * directory or the nearest folder above it, or the file MILLRACE_CONFIG names.
 *
 * getExecutionEnvironment() is synchronous, as in Flink, so a TypeScript file is bundled and run
 * synchronously, as CommonJS; it may import other files and packages but not await at top level.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { defineConfig } from "./define-config.ts";
import { CONFIG_VARIABLE, type Variables } from "./environment-variables.ts";
import { loadEsbuild } from "./esbuild.ts";
import { layerOf, type SettingsLayer } from "./settings.ts";

const FILE_NAMES = ["millrace.config.json", "millrace.config.ts", "millrace.config.js"] as const;

/** The file to read, or null. Throws MR_CONFIG_INVALID when MILLRACE_CONFIG names none, or two are side by side. */
export function findConfigFile(workingDirectory: string, variables: Variables): string | null {
  const named = variables[CONFIG_VARIABLE];
  if (named !== undefined && named !== "") {
    const path = resolve(workingDirectory, named);
    if (existsSync(path)) return path;
    throw invalidFile(
      path,
      "missing",
      "an existing file",
      `the environment variable ${CONFIG_VARIABLE}`,
    );
  }
  for (let folder = resolve(workingDirectory); ; folder = dirname(folder)) {
    const found = FILE_NAMES.map((name) => join(folder, name)).filter((path) => existsSync(path));
    const [path, second] = found;
    if (second !== undefined)
      throw invalidFile(second, "a second configuration file", "one of them", folder);
    if (path !== undefined) return path;
    if (dirname(folder) === folder) return null;
  }
}

/** Reads and checks the options of jobs in a configuration file. */
export function readConfigFile(path: string): SettingsLayer {
  const options = optionsIn(path);
  if (!isObject(options)) return layerOf(options, path);
  const { server: _, ...others } = options;
  return layerOf(others, path);
}

/** Its member `server`, unchecked; undefined = there is none. */
export function readServerSection(path: string): unknown {
  const options = optionsIn(path);
  return isObject(options) ? options.server : undefined;
}

function optionsIn(path: string): unknown {
  return extname(path) === ".json" ? readJson(path) : runModule(path);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw invalidFile(path, messageOf(error), "valid JSON", path, error);
  }
}

function runModule(path: string): unknown {
  try {
    const { outputFiles } = loadEsbuild().buildSync({
      entryPoints: [path],
      bundle: true,
      write: false,
      format: "cjs",
      platform: "node",
      target: "node20",
      packages: "external",
      logLevel: "silent",
      define: { "import.meta.url": JSON.stringify(pathToFileURL(path).href) },
    });
    const code = outputFiles[0]?.text ?? "";
    const module = { exports: {} as { default?: unknown } };
    const run = compileFunction(code, ["module", "exports", "require"], { filename: path });
    run(module, module.exports, requireFrom(path));
    return module.exports.default;
  } catch (error) {
    const expected = "a module that exports its options as default";
    throw invalidFile(path, messageOf(error), expected, path, error);
  }
}

/** The file's own imports; the engine itself is an ES module and gives a configuration only defineConfig(). */
function requireFrom(path: string): (name: string) => unknown {
  const require = createRequire(path);
  return (name) => (name === "millrace" ? { defineConfig } : require(name));
}

function invalidFile(
  path: string,
  actual: string,
  expected: string,
  source: string,
  cause?: unknown,
): EngineError {
  return new EngineError("MR_CONFIG_INVALID", { path, actual, expected, source }, cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
