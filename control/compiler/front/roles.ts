/** What a function's results mean for each kind of operator. */
import type { CallExpression, Expression, Identifier, Node } from "acorn";
import type { AnalysisRequest } from "../../plan/function-analysis.ts";
import { type IrType, typeOf, type Value } from "../ir.ts";
import { callReturning } from "./calls.ts";
import { scalarOf, termText } from "./conversions.ts";
import type { Lowering } from "./lowering.ts";
import { unwrapped } from "./parse.ts";
import { inputValue } from "./records.ts";
import { refuse } from "./refusal.ts";
import type { Scope, Term } from "./scope.ts";
import { scalar } from "./terms.ts";
import { isNumeric } from "./types.ts";

export type Role = Exclude<AnalysisRequest["role"], "aggregate">;

/** Methods of an AggregateFunction that are programs. */
export type AggregateMethod = "add" | "getResult" | "merge";

/** What a program is of. */
export type ProgramRole = Role | AggregateMethod;

/** Names of the methods of function objects. */
export const METHODS: Readonly<Record<ProgramRole, string>> = {
  map: "map",
  filter: "filter",
  flatMap: "flatMap",
  keySelector: "getKey",
  timestamp: "extractTimestamp",
  partitioner: "partition",
  reduce: "reduce",
  add: "add",
  getResult: "getResult",
  merge: "merge",
};

/** What is done with what a path returns. */
export interface Results {
  returned(node: Expression, scope: Scope): void;
  /** A path that ends without a value. */
  nothing(node: Node): void;
}

export function resultsOf(lowering: Lowering, role: ProgramRole, inputType: IrType): Results {
  if (role === "filter") return predicate(lowering, inputType);
  if (role === "flatMap") return records(lowering);
  return {
    returned(node, scope) {
      perBranch(lowering, node, scope, (part) => {
        const term = lowering.value(part, scope);
        check(role, term, part);
        lowering.output.emit(term, part);
      });
    },
    nothing: (node) => refuse(node, "does not return a value on every path"),
  };
}

/** The branches of `a ? b : c` one by one, so that records need not be joined. */
function perBranch(
  lowering: Lowering,
  node: Expression,
  scope: Scope,
  act: (part: Expression) => void,
): void {
  const inner = unwrapped(node);
  if (inner.type !== "ConditionalExpression") {
    act(inner);
    return;
  }
  lowering.code.branch(
    lowering.condition(inner.test, scope),
    () => perBranch(lowering, inner.consequent, scope, act),
    () => perBranch(lowering, inner.alternate, scope, act),
  );
}

function check(role: ProgramRole, term: Term, node: Node): void {
  if (role === "keySelector" && !isKey(term)) {
    refuse(node, `gives ${termText(term)} as key; scalars and arrays of scalars are compiled`);
  }
  const isNumber = term.kind === "scalar" && isNumeric(typeOf(term.expr));
  if (role === "timestamp" && !isNumber) {
    refuse(node, `gives ${termText(term)} as timestamp; numbers are compiled`);
  }
  if (role === "partitioner" && !isNumber) {
    refuse(node, `gives ${termText(term)} as channel; numbers are compiled`);
  }
}

function isKey(term: Term): boolean {
  if (term.kind === "scalar") return typeOf(term.expr).kind !== "LIST";
  return term.kind === "tuple" && term.items.every((item) => item.kind === "scalar" && isKey(item));
}

/** A result that is not a boolean is an error of the job, so it is left to JavaScript. */
function predicate(lowering: Lowering, inputType: IrType): Results {
  const value: Value = inputValue(inputType);
  return {
    returned(node, scope) {
      const test = scalarOf(lowering.value(node, scope), node);
      if (typeOf(test).kind !== "BOOLEAN") {
        refuse(
          node,
          `gives ${termText(scalar(test))} as condition; a filter has to give a BOOLEAN`,
        );
      }
      const emit = (): void => lowering.code.push({ do: "emit", value });
      if (test.op === "boolean-literal" && test.value) emit();
      else lowering.code.branch(test, emit);
    },
    nothing: (node) => refuse(node, "does not return a boolean on every path"),
  };
}

function records(lowering: Lowering): Results {
  const results: Results = {
    returned(node, scope) {
      perBranch(lowering, node, scope, (part) => {
        // Lists of its paths, and of none: they are not joined, but each is emitted.
        const { returned } = results;
        if (isNamedCall(part) && callReturning(lowering, part, scope, returned)) return;
        if (answersUndefined(part)) {
          lowering.effect(part, scope);
          return;
        }
        const term = lowering.value(part, scope);
        if (term.kind === "nothing" || term.kind === "filled") return;
        lowering.sequence(term, part).each((item) => lowering.output.emit(item, part));
      });
    },
    nothing: () => {},
  };
  return results;
}

/** `parse(line)` */
function isNamedCall(node: Expression): node is CallExpression & { readonly callee: Identifier } {
  return node.type === "CallExpression" && node.callee.type === "Identifier";
}

/** (value, out) => out.collect(value), and loops by forEach(). */
function answersUndefined(node: Expression): boolean {
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return false;
  const { property } = node.callee;
  return property.type === "Identifier" && ["collect", "forEach"].includes(property.name);
}
