/** JSON.parse(), and what functions do with its answer. */
import type { Node } from "acorn";
import { BUILTINS } from "../builtins.ts";
import {
  type Expr,
  type IrType,
  type JsonShape,
  NUMBER,
  STRING,
  type Statement,
  typeOf,
} from "../ir.ts";
import type { Code } from "./code.ts";
import { JsonValue } from "./json-value.ts";
import { isArithmetic, isComparison } from "./operators.ts";
import { refuse } from "./refusal.ts";
import { NOTHING, type Term } from "./scope.ts";
import { rowOf, scalar, tupleOf } from "./terms.ts";
import { isNumeric } from "./types.ts";

export function parseJson(code: Code, args: readonly Expr[], node: Node): Term {
  const [text, ...more] = args;
  if (text === undefined || more.length > 0 || typeOf(text).kind !== "STRING") {
    return refuse(node, "calls JSON.parse() with something else than one string");
  }
  const statement: { do: "json"; text: Expr; shape: JsonShape } = {
    do: "json",
    text,
    shape: { kind: "any" },
  };
  const value: JsonValue = new JsonValue({
    newLocal: () => code.newLocal(),
    changed: () => {
      statement.shape = value.shape();
    },
  });
  code.push(statement satisfies Statement);
  return { kind: "json", value };
}

export function jsonMember(value: JsonValue, name: string, node: Node): Term {
  const field = value.field(name);
  if (field !== null) return { kind: "json", value: field };
  return refuse(node, `takes \`${name}\` of a value of JSON.parse() that is none of its objects`);
}

/** The value as a term of a declared type; null = it is used as something else. */
export function jsonOfType(value: JsonValue, type: IrType): Term | null {
  switch (type.kind) {
    case "ROW": {
      const fields = value.closedFields(type.fields.map(({ name }) => name));
      if (fields === null) return null;
      const terms = type.fields.map(({ name }, index) => {
        const field = fields[index];
        return [name, field === undefined ? NOTHING : jsonTerm(field)] as const;
      });
      return rowOf(new Map(terms));
    }
    case "TUPLE": {
      const items = value.items(type.fields.length);
      return items === null ? null : tupleOf(items.map(jsonTerm));
    }
    default: {
      const expr = value.scalar(type);
      return expr === null ? null : scalar(expr);
    }
  }
}

/** Operands of a binary operator, which may tell what a value of JSON.parse() is. */
export function expectedOperands(operator: string, left: Term, right: Term): readonly [Term, Term] {
  if (isArithmetic(operator)) return [expected(left, NUMBER), expected(right, NUMBER)];
  const type = knownType(left) ?? knownType(right);
  if (type === null) return [left, right];
  // A number is as likely to be put behind a string as another string.
  if (!isComparison(operator) && !isNumeric(type)) return [left, right];
  const wanted = isNumeric(type) ? NUMBER : type;
  return [expected(left, wanted), expected(right, wanted)];
}

function knownType(term: Term): IrType | null {
  const expr =
    term.kind === "scalar" ? term.expr : term.kind === "json" ? term.value.known() : null;
  return expr === null ? null : typeOf(expr);
}

/** What a method is called of. */
export function expectedReceiver(term: Term, method: string): Term {
  if (method === "toFixed") return expected(term, NUMBER);
  return Object.hasOwn(BUILTINS, `string.${method}`) ? expected(term, STRING) : term;
}

/** The term, which an operation needs as a value of this type. */
export function expected(term: Term, type: IrType): Term {
  const expr = term.kind === "json" ? term.value.scalar(type) : null;
  return expr === null ? term : scalar(expr);
}

function jsonTerm(value: JsonValue): Term {
  return { kind: "json", value };
}
