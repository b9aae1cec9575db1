/** From a user's function to a typed program, or the reason why it stays JavaScript. */
import type { DataType } from "../../../dataplane/protocol/types.ts";
import type { IrType, Program } from "../ir.ts";
import { type CaptureResolver, captureTerm } from "./captures.ts";
import { Code } from "./code.ts";
import { lowerEffect } from "./effects.ts";
import { constantValue, lowerExpression, lowerScalar } from "./expressions.ts";
import type { Flow } from "./flow.ts";
import { bindParameters, callFunction, frozenFunction } from "./functions.ts";
import { keyFields } from "./key-fields.ts";
import { joinedSequence, sequenceOf } from "./lists.ts";
import { lowerCondition } from "./logic.ts";
import type { Lowering } from "./lowering.ts";
import { Output } from "./output.ts";
import { type FunctionNode, parseFunction, placeOf, sourceOf, walk } from "./parse.ts";
import { simplified } from "./passes.ts";
import { inputTerm } from "./records.ts";
import { Refusal, refuse } from "./refusal.ts";
import { METHODS, type Role, resultsOf } from "./roles.ts";
import { Scope, type Term } from "./scope.ts";
import { exceeds } from "./size.ts";
import { lowerStatements } from "./statements.ts";

export interface AnalyzeRequest {
  /** The user's function, or an object with the method of the role. */
  readonly fn: unknown;
  readonly role: Role;
  readonly inputType: DataType;
  /** By returns(), or as the type of a key. */
  readonly declaredOutput: DataType | null;
  /** What a name outside the function stands for; null = it is not known. */
  readonly resolveCapture?: CaptureResolver;
}

export type Analysis =
  | {
      readonly ok: true;
      readonly program: Program;
      /** keySelector: indexes of the fields of the record, if the key is just these. */
      readonly fields: readonly number[] | null;
    }
  | {
      readonly ok: false;
      /** Continues "the function …". */
      readonly reason: string;
      /** What is not compiled, at most 60 characters. */
      readonly expression: string | null;
      /** Of the expression in the text of the function, both from 1. */
      readonly line: number;
      readonly column: number;
    };

const MAX_PROGRAM_NODES = 5000;
/** Expressions looked at: code behind a branch that may return is written twice. */
const MAX_STEPS = 20_000;
const TOO_LARGE = "has more than 5,000 operations when compiled";

/** Never throws, and calls nothing of the user's. */
export function analyze(request: AnalyzeRequest): Analysis {
  try {
    return compiled(request);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(null, internalReason(error));
    return { ok: false, reason: refusal.message, ...placeOf(refusal.node) };
  }
}

function internalReason(error: unknown): string {
  if (error instanceof RangeError) return "is nested too deeply";
  return `cannot be analysed: ${error instanceof Error ? error.message : String(error)}`;
}

function compiled({
  fn,
  role,
  inputType,
  declaredOutput,
  resolveCapture = () => null,
}: AnalyzeRequest): Analysis {
  const node = parseFunction(sourceOf(fn, METHODS[role]));
  if (node.generator && role !== "flatMap") refuse(node, "is a generator function");
  const code = new Code();
  const output = new Output(code);
  const lowering = createLowering(code, output, resolveCapture);
  noteAssignments(lowering, node);
  const written = code.block(() => lowerFunction(lowering, node, role, inputType));
  const outputType =
    role === "filter" ? inputType : output.finish(declaredTypeOf(role, declaredOutput));
  const spreads = code.spreads ? ({ spreads: true } as const) : {};
  const draft: Program = { inputType, outputType, body: written, ...spreads };
  if (exceeds(draft, MAX_PROGRAM_NODES)) refuse(node, TOO_LARGE);
  const program = simplified(draft);
  return { ok: true, program, fields: role === "keySelector" ? keyFields(program) : null };
}

/** What filters emit is what they read, and times are numbers. */
function declaredTypeOf(role: Role, declared: DataType | null): IrType | null {
  return role === "filter" || role === "timestamp" ? null : declared;
}

function lowerFunction(lowering: Lowering, fn: FunctionNode, role: Role, inputType: IrType): void {
  const scope = new Scope(null);
  const args: (() => Term)[] = [() => inputTerm(inputType)];
  if (role === "flatMap" && arity(fn) >= 2) args.push(() => ({ kind: "collector" }));
  bindParameters(lowering, fn, args, scope);
  lowering.inlining.push(fn);
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

function createLowering(code: Code, output: Output, resolve: CaptureResolver): Lowering {
  const captured = new Map<string, Term | null>();
  let steps = 0;
  const lowering: Lowering = {
    code,
    output,
    reassigned: new Set(),
    inlining: [],
    pureDepth: 0,
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
    capture(name, node) {
      const known = captured.get(name);
      if (known !== undefined) return known;
      const term = captureTerm(resolve(name), node);
      if (term?.kind === "function") noteAssignments(lowering, term.node);
      captured.set(name, term);
      return term;
    },
  };
  return lowering;
}

/** See Lowering.reassigned. Declarations by var would bind names in code written before them. */
function noteAssignments({ reassigned }: Lowering, fn: FunctionNode): void {
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
    if (target?.type === "Identifier") reassigned.add(target.name);
  }
}
