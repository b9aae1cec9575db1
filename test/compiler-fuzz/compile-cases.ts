/** From functions as text to instances of one module for many of them. */
import { ModuleCompiler } from "../../control/compiler/asc/module-compiler.ts";
import { fusedModule } from "../../control/compiler/emit/fused-module.ts";
import { analyze } from "../../control/compiler/front/analyze.ts";
import { keyedProgram } from "../../control/compiler/front/keyed-program.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { resolveCaptured } from "./captured.ts";
import { type FunctionCase, functionOf, type UserCode } from "./cases.ts";
import { mergeModules } from "./merge-modules.ts";

export interface CompiledCase {
  readonly function: FunctionCase;
  readonly fn: UserCode;
  readonly outputType: DataType;
  readonly module: WebAssembly.Module;
  /** Which of the module's functions is its own. */
  readonly index: number;
}

export interface RefusedCase {
  readonly function: FunctionCase;
  readonly reason: string;
}

export interface CompiledCases {
  readonly compiled: readonly CompiledCase[];
  readonly refused: readonly RefusedCase[];
}

/** Of generated text in one module; the compiler's time grows faster than the text beyond. */
const MERGED_TEXT_MAX = 150_000;
/** Such a module takes seconds, and a machine that runs tests is busy. */
const TIMEOUT_MS = 120_000;
/** Static strings of all functions in a module have to share the room of one. */
const MERGED_STRINGS_MAX = 60_000;

interface Draft {
  readonly function: FunctionCase;
  readonly fn: UserCode;
  readonly outputType: DataType;
  readonly text: string;
}

export class CaseCompiler {
  readonly #compiler = new ModuleCompiler({
    maxWaiting: Number.POSITIVE_INFINITY,
    timeoutMs: TIMEOUT_MS,
  });

  /** Errors: those of the compiler; nothing it is given here may be refused. */
  async compile(functions: readonly FunctionCase[]): Promise<CompiledCases> {
    const refused: RefusedCase[] = [];
    const drafts: Draft[] = [];
    for (const each of functions) {
      const draft = draftOf(each);
      if ("reason" in draft) refused.push(draft);
      else drafts.push(draft);
    }
    const compiled = await Promise.all(batchesOf(drafts).map((batch) => this.#load(batch)));
    return { compiled: compiled.flat(), refused };
  }

  close(): void {
    this.#compiler.close();
  }

  async #load(drafts: readonly Draft[]): Promise<readonly CompiledCase[]> {
    const text = mergeModules(drafts.map((draft) => draft.text));
    const { wasm } = await this.#compiler.compile({ name: "merged", text });
    const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
    return drafts.map(({ function: each, fn, outputType }, index) => ({
      function: each,
      fn,
      outputType,
      module,
      index,
    }));
  }
}

function draftOf(each: FunctionCase): Draft | RefusedCase {
  const fn = functionOf(each.source);
  const { role, inputType, declaredOutput = null } = each;
  const analysis = analyze({
    fn,
    role,
    inputType,
    declaredOutput,
    resolveCapture: resolveCaptured,
  });
  if (!analysis.ok) return { function: each, reason: analysis.reason };
  const program = role === "keySelector" ? keyedProgram(analysis.program) : analysis.program;
  const fused = fusedModule([{ about: role, program }]);
  if (!fused.ok) return { function: each, reason: fused.reason };
  return { function: each, fn, outputType: program.outputType, text: fused.text };
}

/** How long the static data of a module would be if it were written out. */
function staticText(text: string): number {
  const written = text.match(/memory\.data<u8>\(.*\)/g)?.join("").length ?? 0;
  const zeros = [...text.matchAll(/memory\.data\((\d+), /g)].map(([, bytes]) => Number(bytes));
  return zeros.reduce((sum, bytes) => sum + bytes * "0, ".length, written);
}

function batchesOf(drafts: readonly Draft[]): readonly (readonly Draft[])[] {
  const batches: Draft[][] = [];
  let [size, strings] = [MERGED_TEXT_MAX, 0];
  for (const draft of drafts) {
    const own = staticText(draft.text);
    if (size + draft.text.length > MERGED_TEXT_MAX || strings + own > MERGED_STRINGS_MAX) {
      batches.push([]);
      [size, strings] = [0, 0];
    }
    size += draft.text.length;
    strings += own;
    batches.at(-1)?.push(draft);
  }
  return batches;
}
