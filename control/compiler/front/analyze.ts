/** From a user's function to a typed program, or the reason why it stays JavaScript. */
import type { AnalysisRequest } from "../../plan/function-analysis.ts";
import type { Program } from "../ir.ts";
import type { CaptureResolver } from "./captures.ts";
import { keyFields } from "./key-fields.ts";
import { calledFunction, placeOf } from "./parse.ts";
import { partitionTerms } from "./partition.ts";
import { inputTerm } from "./records.ts";
import { changedFields, pairOf, pairTerms } from "./reduce.ts";
import { Refusal } from "./refusal.ts";
import { METHODS, type Role } from "./roles.ts";
import { writeProgram } from "./write-program.ts";

export interface AnalyzeRequest extends Omit<AnalysisRequest, "role"> {
  readonly role: Role;
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
  | RefusedAnalysis;

export interface RefusedAnalysis {
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
}

/** Never throws, and calls nothing of the user's. */
export function analyze(request: AnalyzeRequest): Analysis {
  return orRefused((functions) => compiled(request, functions));
}

/** @param compile is to fill the list with the functions it reads */
export function orRefused<A>(compile: (functions: CallableFunction[]) => A): A | RefusedAnalysis {
  const functions: CallableFunction[] = [];
  try {
    return compile(functions);
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
  const program = writeProgram({
    called: calledFunction(fn, METHODS[role]),
    role,
    recordType: inputType,
    inputType: role === "reduce" ? pairOf(inputType, inputType) : inputType,
    declared: declaredOutput,
    termsOf: (lowering, captures) => {
      if (partition) return partitionTerms(lowering, partition, inputType, captures);
      return role === "reduce" ? pairTerms(inputType, inputType) : [inputTerm(inputType)];
    },
    resolve: resolveCapture,
    functions,
  });
  return {
    ok: true,
    program,
    keyFields: role === "keySelector" ? keyFields(program) : null,
    changedFields: role === "reduce" ? changedFields(program) : [],
  };
}
