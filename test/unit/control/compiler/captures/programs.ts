/** Programs in files, loaded as users load them, and what becomes of the functions they export. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { withProgramFile } from "../../../../../control/common/program-file.ts";
import { functionAnalyzer } from "../../../../../control/compiler/function-analyzer.ts";
import type { Program } from "../../../../../control/compiler/ir.ts";
import type { FunctionAnalysis } from "../../../../../control/plan/function-analysis.ts";
import { bundleProgram } from "../../../../../control/runtime/bundle.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { evaluateProgram, GAVE_UP } from "../front/evaluate-ir.ts";

export const RECORD: DataType = {
  kind: "ROW",
  fields: [
    { name: "s", type: { kind: "STRING" } },
    { name: "n", type: { kind: "NUMBER" } },
  ],
};
const RECORDS = ["EUR", "", "b a", "toString"].flatMap((s) =>
  [0, 1, 2.5, -3, Number.NaN].map((n) => ({ s, n })),
);

const ENGINE = JSON.stringify(new URL("../../../../../control/index.js", import.meta.url).href);

/** Texts by file name; the first is the entry. */
export type Files = Readonly<Record<string, string>>;
export type Loading = "bundled" | "unbundled";
// biome-ignore lint/suspicious/noExplicitAny: functions of a test program.
type Exported = Readonly<Record<string, (record: any) => unknown>>;

export interface LoadedProgram {
  readonly entry: string;
  readonly functions: Exported;
  analyze(name: string): FunctionAnalysis;
  dispose(): Promise<void>;
}

/** Writes and loads a program that exports functions of `map` by their names. */
export async function loadProgram(files: Files, loading: Loading): Promise<LoadedProgram> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-captures-"));
  for (const [name, text] of Object.entries(files)) {
    // Outside of a bundle nothing resolves the engine from a folder like this.
    const loadable = loading === "bundled" ? text : text.replace('"millrace"', ENGINE);
    await writeFile(join(folder, name), loadable);
  }
  const entry = join(folder, Object.keys(files)[0] ?? "");
  const bundle = loading === "bundled" ? await bundleProgram(entry) : null;
  const url = bundle?.url ?? pathToFileURL(entry).href;
  const file = { url, argv: [entry] };
  process.setSourceMapsEnabled(true);
  const functions = (await withProgramFile(file, () => import(url))) as Exported;
  return {
    entry,
    functions,
    analyze: (name) =>
      withProgramFile(file, () =>
        functionAnalyzer()({
          fn: functions[name],
          role: "map",
          inputType: RECORD,
          declaredOutput: null,
        }),
      ),
    async dispose() {
      await bundle?.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What each function answers when it is compiled, beside what it answers itself. */
export function comparedResults(
  fn: (record: unknown) => unknown,
  program: object,
): readonly { readonly compiled: unknown; readonly own: unknown }[] {
  return RECORDS.map((record) => ({
    compiled: evaluateProgram(program as Program, record),
    own: answerOf(fn, record),
  }));
}

/** An error is what compiled code leaves to the function. */
function answerOf(fn: (record: unknown) => unknown, record: unknown): unknown {
  try {
    return [fn(record)];
  } catch {
    return GAVE_UP;
  }
}
