/** The plan's questions about user functions, answered by front end and back end together. */
import type { FunctionAnalysis, FunctionAnalyzer } from "../plan/function-analysis.ts";
import { fusedModule } from "./emit/fused-module.ts";
import { analyze } from "./front/analyze.ts";

export const analyzeFunction: FunctionAnalyzer = (request): FunctionAnalysis => {
  const analysis = analyze(request);
  if (!analysis.ok) {
    const { reason, expression, line, column } = analysis;
    const what = expression === null ? "" : ` in \`${expression}\``;
    return { ok: false, reason: `${reason}${what} (line ${line}, column ${column})` };
  }
  const { program, fields } = analysis;
  // A selector becomes columns or stays JavaScript; it is never part of a module.
  if (request.role !== "keySelector") {
    const module = fusedModule([{ about: request.role, program }]);
    if (!module.ok) return { ok: false, reason: module.reason };
  }
  return { ok: true, outputType: program.outputType, program, fields };
};
