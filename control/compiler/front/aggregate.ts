/**
 * AggregateFunctions: a program for each method. The type of the accumulator is the one that holds both what
 * createAccumulator() gives and what add() makes of a value of that type.
 */
import type { AnalysisRequest } from "../../plan/function-analysis.ts";
import {
  type AggregateProgram,
  BOOLEAN,
  type IrType,
  NUMBER,
  type Program,
  STRING,
} from "../ir.ts";
import { orRefused, type RefusedAnalysis } from "./analyze.ts";
import type { CaptureResolver, Captures } from "./captures.ts";
import type { Lowering } from "./lowering.ts";
import { nullOf } from "./nulls.ts";
import { commonRecord } from "./output.ts";
import { calledFunction, propertyOf } from "./parse.ts";
import { inputTerm } from "./records.ts";
import { pairOf, pairTerms } from "./reduce.ts";
import { Refusal, refuse } from "./refusal.ts";
import { type AggregateMethod, METHODS } from "./roles.ts";
import type { Term } from "./scope.ts";
import { scalar } from "./terms.ts";
import { isReadable } from "./types.ts";
import { type ProgramRequest, writeProgram } from "./write-program.ts";

export interface AggregateRequest extends Pick<AnalysisRequest, "fn" | "inputType"> {
  /** Of results; null = as they turn out. */
  readonly declaredOutput: IrType | null;
  readonly resolveCapture?: CaptureResolver;
}

export type AggregateAnalysis =
  | { readonly ok: true; readonly program: AggregateProgram }
  | RefusedAnalysis;

/** Types an accumulator may turn out to have, one after the other. */
const MAX_TYPES = 4;
/** What a null whose type is not known may stand for: first nothing. */
const NULLS: readonly (IrType | null)[] = [null, NUMBER, STRING, BOOLEAN];
/** Nulls of one accumulator whose types are guessed. */
const MAX_GUESSED = 3;

/** Never throws, and calls nothing of the user's. */
export function analyzeAggregate(request: AggregateRequest): AggregateAnalysis {
  const analysis = orRefused((functions): AggregateAnalysis => {
    const writer = new MethodWriter(request, functions);
    const { start, add } = writer.folding();
    const result = writer.result(add.outputType);
    return { ok: true, program: { start, add, result, merge: null } };
  });
  if (!analysis.ok) return analysis;
  // Where windows never merge, it need not be compiled.
  const merged = orRefused((functions) => {
    const writer = new MethodWriter(request, functions);
    return { ok: true as const, merge: writer.merge(analysis.program.add.outputType) };
  });
  const { merge } = merged.ok ? merged : { merge: null };
  return { ok: true, program: { ...analysis.program, merge } };
}

class MethodWriter {
  readonly #request: AggregateRequest;
  readonly #functions: CallableFunction[];

  constructor(request: AggregateRequest, functions: CallableFunction[]) {
    this.#request = request;
    this.#functions = functions;
  }

  /** add() to a new accumulator, and to one so far. */
  folding(): { readonly start: Program; readonly add: Program } {
    let accumulator = this.#startType();
    for (let round = 0; round < MAX_TYPES; ++round) {
      const { outputType } = this.#add(accumulator, null);
      const common = commonRecord(accumulator, outputType, null);
      if (JSON.stringify(common) === JSON.stringify(accumulator)) {
        return { start: this.#start(accumulator), add: this.#add(accumulator, accumulator) };
      }
      accumulator = common;
    }
    return refuse(null, "has an accumulator whose type does not settle");
  }

  result(accumulator: IrType): Program {
    const { declaredOutput } = this.#request;
    const termsOf = () => [inputTerm(accumulator)];
    return this.#write("getResult", accumulator, declaredOutput, termsOf);
  }

  merge(accumulator: IrType): Program {
    const termsOf = () => pairTerms(accumulator, accumulator);
    return this.#write("merge", pairOf(accumulator, accumulator), accumulator, termsOf);
  }

  /** Types of what is null in a new accumulator may show only in what add() does with them: they are guessed. */
  #startType(): IrType {
    for (let guess = 0; guess < NULLS.length ** MAX_GUESSED; ++guess) {
      const left = Array.from({ length: MAX_GUESSED }, (_, index) => guessed(guess, index));
      try {
        return this.#start(null, () => left.shift() ?? null).outputType;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        // The guesses left over stand for no null: all that there are have been tried.
        if (left.some((type) => type !== null)) break;
      }
    }
    return this.#start(null, () => null).outputType;
  }

  /** @param guess types of the nulls in a new accumulator, one after the other, where it is of no known type */
  #start(declared: IrType | null, guess: () => IrType | null = () => null): Program {
    const { fn, inputType } = this.#request;
    const create = calledFunction(fn, "createAccumulator");
    this.#functions.push(create);
    // Its input is that of add() with an accumulator, which it does not look at.
    const input = pairOf(declared ?? inputType, inputType);
    const [, record] = pairTerms(inputType, inputType);
    const termsOf = (lowering: Lowering, captures: Captures): readonly Term[] => {
      const callee = captures.functionOf(create);
      const call = { callee, args: [], use: "value", node: callee.node } as const;
      return [record, withTypedNulls(lowering.call(call), declared, guess)];
    };
    return this.#write("add", input, declared, termsOf);
  }

  #add(accumulator: IrType, declared: IrType | null): Program {
    const { inputType } = this.#request;
    const [value, record] = pairTerms(accumulator, inputType);
    return this.#write("add", pairOf(accumulator, inputType), declared, () => [record, value]);
  }

  #write(
    role: AggregateMethod,
    inputType: IrType,
    declared: IrType | null,
    termsOf: ProgramRequest["termsOf"],
  ): Program {
    const { fn, inputType: recordType, resolveCapture: resolve = () => null } = this.#request;
    const called = methodOf(fn, role);
    const functions = this.#functions;
    return writeProgram({
      called,
      role,
      recordType,
      inputType,
      declared,
      termsOf,
      resolve,
      functions,
    });
  }
}

/** The guess with this number about one of the nulls. */
function guessed(guess: number, index: number): IrType | null {
  return NULLS[Math.floor(guess / NULLS.length ** index) % NULLS.length] ?? null;
}

/** @param type of the term; null = not known */
function withTypedNulls(term: Term, type: IrType | null, guess: () => IrType | null): Term {
  if (term.kind === "nothing") {
    const known = type ?? guess();
    return known !== null && isReadable(known) ? scalar(nullOf(known)) : term;
  }
  if (term.kind === "tuple") {
    const types = type?.kind === "TUPLE" ? type.fields : [];
    const items = term.items.map((item, index) =>
      withTypedNulls(item, types[index] ?? null, guess),
    );
    return { ...term, items };
  }
  if (term.kind !== "row") return term;
  const types = type?.kind === "ROW" ? type.fields : [];
  const fields = [...term.fields].map(([name, field], index) => {
    return [name, withTypedNulls(field, types[index]?.type ?? null, guess)] as const;
  });
  return { ...term, fields: new Map(fields) };
}

/** A method of an object: a function alone is none of three. */
function methodOf(fn: unknown, role: AggregateMethod): CallableFunction {
  const method = propertyOf(fn, METHODS[role]);
  return calledFunction(method, METHODS[role]);
}
