/** The plan's questions about user functions, answered by front end and back end together. */
import { programFile } from "../common/program-file.ts";
import type {
  AnalysisRequest,
  FunctionAnalysis,
  FunctionAnalyzer,
} from "../plan/function-analysis.ts";
import { CapturedValues } from "./captures/captured-values.ts";
import { foldModule } from "./emit/fold-module.ts";
import { fusedModule } from "./emit/fused-module.ts";
import { analyzeAggregate } from "./front/aggregate.ts";
import { analyze, type RefusedAnalysis } from "./front/analyze.ts";
import { keyedProgram } from "./front/keyed-program.ts";

/** For one plan: what functions capture is looked up in the program that runs now. */
export function functionAnalyzer(): FunctionAnalyzer {
  const captured = new CapturedValues(programFile());
  return (request): FunctionAnalysis => {
    const { role } = request;
    if (role === "aggregate") return aggregateAnalysis(request, captured);
    const analysis = analyze({ ...request, role, resolveCapture: captured.resolve });
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

function aggregateAnalysis(request: AnalysisRequest, captured: CapturedValues): FunctionAnalysis {
  const analysis = analyzeAggregate({ ...request, resolveCapture: captured.resolve });
  if (!analysis.ok) return { ok: false, reason: reasonOf(analysis, captured) };
  const { program } = analysis;
  const { start, add, result } = program;
  const modules = [
    foldModule({ about: "add", program: add, start }),
    fusedModule([{ about: "getResult", program: result }]),
  ];
  for (const module of modules) if (!module.ok) return module;
  const accumulatorType = add.outputType;
  const { outputType } = result;
  return { ok: true, program, outputType, accumulatorType, keyFields: null, changedFields: [] };
}

function reasonOf(refused: RefusedAnalysis, captured: CapturedValues): string {
  const { reason, expression, fn, offset, line, column } = refused;
  const what = expression === null ? "" : ` in \`${expression}\``;
  const place = fn === null ? null : captured.placeIn(fn, offset);
  return `${reason}${what} (${place ?? `line ${line}, column ${column}`})`;
}
