/** From a user's function to a typed program, or the reason why it stays JavaScript. */
import type { Node } from "acorn";
import type { AnalysisRequest } from "../../plan/function-analysis.ts";
import type { IrType, Program } from "../ir.ts";
import { type CaptureResolver, Captures } from "./captures.ts";
import { Code } from "./code.ts";
import { lowerEffect } from "./effects.ts";
import { constantValue, lowerExpression, lowerScalar } from "./expressions.ts";
import { filledList } from "./filled-list.ts";
import type { Flow } from "./flow.ts";
import { bindParameters, callFunction, frozenFunction } from "./functions.ts";
import { keyFields } from "./key-fields.ts";
import { joinedSequence, sequenceOf } from "./lists.ts";
import { lowerCondition } from "./logic.ts";
import type { Lowering } from "./lowering.ts";
import { Output } from "./output.ts";
import { calledFunction, type FunctionNode, parseFunction, placeOf, walk } from "./parse.ts";
import { partitionTerms } from "./partition.ts";
import { simplified } from "./passes.ts";
import { inputTerm } from "./records.ts";
import { changedFields, growsTexts, pairOf, pairTerms } from "./reduce.ts";
import { Refusal, refuse } from "./refusal.ts";
import { METHODS, type Role, resultsOf } from "./roles.ts";
import { Scope, type Term } from "./scope.ts";
import { exceeds } from "./size.ts";
import { lowerStatements } from "./statements.ts";

export interface AnalyzeRequest extends AnalysisRequest {
  /** What a name outside the function stands for; null = it is not known. */
  readonly resolveCapture?: CaptureResolver;
}

export type Analysis =
  | {
      readonly ok: true;
      readonly program: Program;
      /** See FunctionAnalysis. */
      readonly keyFields: readonly number[] | null;
      readonly changedFields: readonly number[];
    }
  | {
      readonly ok: false;
      /** Continues "the function …". */
      readonly reason: string;
      /** What is not compiled, at most 60 characters. */
      readonly expression: string | null;
      /** The function it stands in, this one or one that it calls. */
      readonly fn: CallableFunction | null;
      /** Of the expression in the text of that function; line and column from 1. */
      readonly offset: number;
      readonly line: number;
      readonly column: number;
    };

const MAX_PROGRAM_NODES = 5000;
/** Expressions looked at: code behind a branch that may return is written twice. */
const MAX_STEPS = 20_000;
const TOO_LARGE = "has more than 5,000 operations when compiled";

/** Never throws, and calls nothing of the user's. */
export function analyze(request: AnalyzeRequest): Analysis {
  const functions: CallableFunction[] = [];
  try {
    return compiled(request, functions);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(null, internalReason(error));
    const { source, ...place } = placeOf(refusal.node);
    const within = functions.find((fn) => Function.prototype.toString.call(fn) === source);
    return { ok: false, reason: refusal.message, fn: within ?? functions[0] ?? null, ...place };
  }
}

function internalReason(error: unknown): string {
  if (error instanceof RangeError) return "is nested too deeply";
  return `cannot be analysed: ${error instanceof Error ? error.message : String(error)}`;
}

/** @param functions is filled with those that are read */
function compiled(
  { fn, role, inputType, declaredOutput, partition, resolveCapture = () => null }: AnalyzeRequest,
  functions: CallableFunction[],
): Analysis {
  const called = calledFunction(fn, METHODS[role]);
  functions.push(called);
  const node = parseFunction(Function.prototype.toString.call(called));
  if (node.generator && role !== "flatMap") refuse(node, "is a generator function");
  const code = new Code();
  const output = new Output(code);
  const isFilling = role === "flatMap" && arity(node) < 2 && !node.generator;
  const lowering = createLowering(code, output, isFilling);
  noteAssignments(lowering, node);
  const captures = new Captures(resolveCapture, (helper, helperNode) => {
    functions.push(helper);
    noteAssignments(lowering, helperNode);
  });
  const around = captures.around(called);
  const written = code.block(() => {
    let terms: readonly Term[] = [inputTerm(inputType)];
    if (role === "reduce") terms = pairTerms(inputType);
    if (partition) terms = partitionTerms(lowering, partition, inputType, captures);
    lowerFunction(lowering, { fn: node, role, inputType, terms, around });
  });
  const outputType = role === "filter" ? inputType : output.finish(declaredOutput);
  const spreads = code.spreads ? ({ spreads: true } as const) : {};
  const taken = role === "reduce" ? pairOf(inputType) : inputType;
  const draft: Program = { inputType: taken, outputType, body: written, ...spreads };
  if (exceeds(draft, MAX_PROGRAM_NODES)) refuse(node, TOO_LARGE);
  const program = simplified(draft);
  if (role === "reduce" && growsTexts(program)) {
    refuse(node, "puts a string together from the one before");
  }
  return {
    ok: true,
    program,
    keyFields: role === "keySelector" ? keyFields(program) : null,
    changedFields: role === "reduce" ? changedFields(program) : [],
  };
}

interface Lowered {
  readonly fn: FunctionNode;
  readonly role: Role;
  readonly inputType: IrType;
  /** What it is called with. */
  readonly terms: readonly Term[];
  /** The scope it was written in. */
  readonly around: Scope;
}

function lowerFunction(lowering: Lowering, { fn, role, inputType, terms, around }: Lowered): void {
  const scope = new Scope(around);
  const args = terms.map((term) => () => term);
  if (role === "flatMap" && arity(fn) >= 2) args.push(() => ({ kind: "collector" }));
  bindParameters(lowering, fn, args, scope);
  lowering.inlining.push(fn);
  const list = filledList(fn);
  if (list !== null) lowering.filled?.add(list);
  const results = resultsOf(lowering, role, inputType);
  const { body } = fn;
  if (body.type !== "BlockStatement") {
    results.returned(body, scope);
    return;
  }
  const flow: Flow = {
    onReturn(statement, inner) {
      if (!statement.argument) return results.nothing(statement);
      if (fn.generator) refuse(statement, "returns a value from a generator function");
      results.returned(statement.argument, inner);
    },
    onBreak: null,
    onContinue: null,
  };
  lowerStatements(lowering, body.body, scope, flow, () => results.nothing(fn));
}

/** As `length` of the function: parameters before the first default. */
function arity(fn: FunctionNode): number {
  const index = fn.params.findIndex(
    ({ type }) => type === "AssignmentPattern" || type === "RestElement",
  );
  return index < 0 ? fn.params.length : index;
}

function createLowering(code: Code, output: Output, isFilling: boolean): Lowering {
  let steps = 0;
  const lowering: Lowering = {
    code,
    output,
    reassigned: new Set(),
    filled: isFilling ? new Set() : null,
    nulled: new Set(),
    inlining: [],
    pureDepth: 0,
    chains: [],
    value(node, scope) {
      steps += 1;
      if (steps > MAX_STEPS) refuse(node, TOO_LARGE);
      return lowerExpression(lowering, node, scope);
    },
    scalar: (node, scope) => lowerScalar(lowering, node, scope),
    condition: (node, scope) => lowerCondition(lowering, node, scope),
    constant: (node, scope) => constantValue(lowering, node, scope),
    effect: (node, scope) => lowerEffect(lowering, node, scope),
    statements: (nodes, scope, flow, next) => lowerStatements(lowering, nodes, scope, flow, next),
    sequence: (term, node) => sequenceOf(lowering, term, node),
    joined: (parts, node) => joinedSequence(lowering, parts, node),
    call: (call) => callFunction(lowering, call),
    frozen: (fn) => frozenFunction(lowering, fn),
  };
  return lowering;
}

function isNull(node: Node): boolean {
  return node.type === "Literal" && "raw" in node && node.raw === "null";
}

/** See Lowering.reassigned. Declarations by var would bind names in code written before them. */
function noteAssignments({ reassigned, nulled }: Lowering, fn: FunctionNode): void {
  for (const node of walk(fn)) {
    if (node.type === "VariableDeclaration" && node.kind === "var") {
      refuse(node, "uses var; only let and const are compiled");
    }
    const target =
      node.type === "AssignmentExpression"
        ? node.left
        : node.type === "UpdateExpression"
          ? node.argument
          : null;
    if (target?.type !== "Identifier") continue;
    reassigned.add(target.name);
    if (node.type === "AssignmentExpression" && isNull(node.right)) nulled.add(target.name);
  }
}
