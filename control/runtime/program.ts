/**
 * Which program a job comes from, so that workers can load it again: the script that calls execute(),
 * or a module that exports a job definition.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { pathToFileURL } from "node:url";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { withProgramFile } from "../common/program-file.ts";
import { type Bundle, bundleProgram } from "./bundle.ts";

export interface Program {
  readonly kind: "script" | "module";
  /** Path of the entry file. */
  readonly path: string;
  /** null = made when a job needs it for its workers. */
  readonly bundle: Bundle | null;
  readonly args: readonly string[];
}

/** A program with its bundle, and what to do when the job that asked for it has ended. */
export interface BundledProgram {
  readonly program: Program;
  readonly bundle: Bundle;
  dispose(): Promise<void>;
}

const current = new AsyncLocalStorage<Program>();

/** Jobs submitted inside `run`, also after awaits, come from `program`, which stays the caller's. */
export function withProgram<T>(program: Program, run: () => T): T {
  const url = program.bundle?.url ?? pathToFileURL(program.path).href;
  const file = { url, argv: [program.path, ...program.args] };
  return withProgramFile(file, () => current.run(program, run));
}

/**
 * The program of a job that is being submitted now. Without withProgram() it is the script Node was
 * started with, bundled on the spot. Throws MR_BUNDLE_FAILED.
 */
export async function currentProgram(): Promise<BundledProgram> {
  const program = current.getStore() ?? startedScript();
  if (program.bundle !== null) {
    return { program, bundle: program.bundle, dispose: async () => undefined };
  }
  const bundle = await bundleProgram(program.path);
  return { program, bundle, dispose: () => bundle.dispose() };
}

function startedScript(): Program {
  const path = process.argv[1];
  if (path === undefined) {
    throw new EngineError("MR_BUNDLE_FAILED", {
      entry: "(none)",
      message:
        "the program was given on the command line; put it in a file, or set execution: 'in-process'",
    });
  }
  return { kind: "script", path, bundle: null, args: process.argv.slice(2) };
}
