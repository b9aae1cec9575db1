/** The plan's questions about user functions, answered by front end and back end together. */
import { programFile } from "../common/program-file.ts";
import type { FunctionAnalysis, FunctionAnalyzer } from "../plan/function-analysis.ts";
import { CapturedValues } from "./captures/captured-values.ts";
import { foldModule } from "./emit/fold-module.ts";
import { fusedModule } from "./emit/fused-module.ts";
import { type Analysis, analyze } from "./front/analyze.ts";
import { keyedProgram } from "./front/keyed-program.ts";

/** For one plan: what functions capture is looked up in the program that runs now. */
export function functionAnalyzer(): FunctionAnalyzer {
  const captured = new CapturedValues(programFile());
  return (request): FunctionAnalysis => {
    const { role } = request;
    const analysis = analyze({ ...request, resolveCapture: captured.resolve });
    if (!analysis.ok) return { ok: false, reason: reasonOf(analysis, captured) };
    const { program: own, keyFields } = analysis;
    // Fields are hashed where they lie: such a selector is never part of a module.
    const program = role === "keySelector" && keyFields === null ? keyedProgram(own) : own;
    const answer: FunctionAnalysis = { ...analysis, outputType: own.outputType, program };
    if (keyFields !== null) return answer;
    const written = { about: role, program };
    const module = role === "reduce" ? foldModule(written) : fusedModule([written]);
    return module.ok ? answer : { ok: false, reason: module.reason };
  };
}

function reasonOf(refused: Analysis & { readonly ok: false }, captured: CapturedValues): string {
  const { reason, expression, fn, offset, line, column } = refused;
  const what = expression === null ? "" : ` in \`${expression}\``;
  const place = fn === null ? null : captured.placeIn(fn, offset);
  return `${reason}${what} (${place ?? `line ${line}, column ${column}`})`;
}
