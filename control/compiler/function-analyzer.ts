/** The plan's questions about user functions, answered by front end and back end together. */
import type { FunctionAnalysis, FunctionAnalyzer } from "../plan/function-analysis.ts";
import { fusedModule } from "./emit/fused-module.ts";
import { analyze } from "./front/analyze.ts";
import { keyedProgram } from "./front/keyed-program.ts";

export const analyzeFunction: FunctionAnalyzer = (request): FunctionAnalysis => {
  const { role } = request;
  const analysis = analyze(request);
  if (!analysis.ok) {
    const { reason, expression, line, column } = analysis;
    const what = expression === null ? "" : ` in \`${expression}\``;
    return { ok: false, reason: `${reason}${what} (line ${line}, column ${column})` };
  }
  const { program: own, fields } = analysis;
  const { outputType } = own;
  // Fields are hashed where they lie: such a selector is never part of a module.
  if (fields !== null) return { ok: true, outputType, program: own, fields };
  const program = role === "keySelector" ? keyedProgram(own) : own;
  const module = fusedModule([{ about: role, program }]);
  if (!module.ok) return { ok: false, reason: module.reason };
  return { ok: true, outputType, program, fields };
};
