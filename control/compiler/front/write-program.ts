/** The program of one function of the user, written path by path. */
import type { Node } from "acorn";
import type { IrType, Program } from "../ir.ts";
import { bindAccumulator } from "./accumulator.ts";
import { type CaptureResolver, Captures } from "./captures.ts";
import { Code } from "./code.ts";
import { lowerEffect } from "./effects.ts";
import { constantValue, lowerExpression, lowerScalar } from "./expressions.ts";
import { filledList } from "./filled-list.ts";
import type { Flow } from "./flow.ts";
import { bindParameters, callFunction, frozenFunction } from "./functions.ts";
import { joinedSequence, sequenceOf } from "./lists.ts";
import { lowerCondition } from "./logic.ts";
import type { Lowering } from "./lowering.ts";
import { Output } from "./output.ts";
import { type FunctionNode, parseFunction, walk } from "./parse.ts";
import { simplified } from "./passes.ts";
import { growsTexts } from "./reduce.ts";
import { refuse } from "./refusal.ts";
import { type ProgramRole, resultsOf } from "./roles.ts";
import { Scope, type Term } from "./scope.ts";
import { exceeds } from "./size.ts";
import { lowerStatements } from "./statements.ts";

const MAX_PROGRAM_NODES = 5000;
/** Expressions looked at: code behind a branch that may return is written twice. */
const MAX_STEPS = 20_000;
const TOO_LARGE = "has more than 5,000 operations when compiled";

/** Whose first argument or accumulator, at path [0] of the input, is the value so far. */
const FOLDS: ReadonlySet<ProgramRole> = new Set<ProgramRole>(["reduce", "add", "merge"]);

export interface ProgramRequest {
  readonly called: CallableFunction;
  readonly role: ProgramRole;
  /** Of the records that the operator reads. */
  readonly recordType: IrType;
  /** Of what the program reads. */
  readonly inputType: IrType;
  /** Type of what it emits; null = as it turns out. */
  readonly declared: IrType | null;
  /** What a name outside the function stands for; null = it is not known. */
  readonly resolve: CaptureResolver;
  /** Gets the functions that are read. */
  readonly functions: CallableFunction[];
  /** What the function is called with. */
  termsOf(lowering: Lowering, captures: Captures): readonly Term[];
}

/** Throws a Refusal where it is not compiled. */
export function writeProgram(request: ProgramRequest): Program {
  const { called, role, recordType, inputType, declared, functions } = request;
  functions.push(called);
  const node = parseFunction(Function.prototype.toString.call(called));
  if (node.generator && role !== "flatMap") refuse(node, "is a generator function");
  const code = new Code();
  const output = new Output(code);
  const isFilling = role === "flatMap" && arity(node) < 2 && !node.generator;
  const lowering = createLowering(code, output, isFilling);
  noteAssignments(lowering, node);
  const captures = new Captures(request.resolve, (helper, helperNode) => {
    functions.push(helper);
    noteAssignments(lowering, helperNode);
  });
  const around = captures.around(called);
  const body = code.block(() => {
    const terms = request.termsOf(lowering, captures);
    lowerFunction(lowering, { fn: node, role, inputType: recordType, terms, around });
  });
  const outputType = role === "filter" ? recordType : output.finish(declared);
  const spreads = code.spreads ? ({ spreads: true } as const) : {};
  const draft: Program = { inputType, outputType, body, ...spreads };
  if (exceeds(draft, MAX_PROGRAM_NODES)) refuse(node, TOO_LARGE);
  const program = simplified(draft);
  if (FOLDS.has(role) && growsTexts(program)) {
    refuse(node, "puts a string together from the one before");
  }
  return program;
}

interface Lowered {
  readonly fn: FunctionNode;
  readonly role: ProgramRole;
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
  bindAccumulator(lowering, fn, role, terms, scope);
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
