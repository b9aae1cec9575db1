/** A value that several paths of control give: locals that each path sets. */
import type { Node } from "acorn";
import { BOOLEAN, type Expr, type IrType, type LocalExpr, type Statement, typeOf } from "../ir.ts";
import { absenceOfTerm, likewise } from "./absence.ts";
import { type Code, ifStatement, type Slot } from "./code.ts";
import { asNumber, termText } from "./conversions.ts";
import { booleanLiteral, emptyValue } from "./literals.ts";
import { absenceOf, commonAbsent, isNullable, nullable, presentOf } from "./nulls.ts";
import { refuse } from "./refusal.ts";
import type { RowTerm, Term, TupleTerm } from "./scope.ts";
import { isRecord, mapScalars, rowOf, scalar, tupleOf } from "./terms.ts";
import { commonType, storedType } from "./types.ts";

/** A path that ends in null before it is known what it is a null of. */
interface OpenNull {
  /** Of an `if` that stands at the end of the path, and that folding takes away. */
  readonly statements: Statement[];
  readonly term: Term & { readonly kind: "nothing" };
}

export class Join {
  readonly #code: Code;
  /** Before all paths: the declarations, once the first path has told their types. */
  readonly #declarations: Slot;
  readonly #nulls: OpenNull[] = [];
  #target: Term | null = null;
  /** Somebody has the result: it does not change any more. */
  #isRead = false;

  /** To be created before the paths part. */
  constructor(code: Code) {
    this.#code = code;
    this.#declarations = code.reserve();
  }

  /** Ends a path with this value. */
  assign(term: Term, node: Node): void {
    if (term.kind === "nothing" && this.#target === null) {
      const statements: Statement[] = [];
      this.#nulls.push({ statements, term });
      this.#code.push(ifStatement(booleanLiteral(true), statements, []));
      return;
    }
    const numbers = mapScalars(term, asNumber);
    // The fields may have been computed from the locals that are about to be set.
    const value = numbers.kind === "scalar" ? numbers : mapScalars(numbers, copied(this.#code));
    this.#target ??= this.#declared(value);
    this.#target = this.#set(this.#target, value, node);
    this.#setNulls(node);
  }

  /** After all paths. */
  result(node: Node): Term {
    this.#isRead = true;
    return this.#target ?? this.#nulls[0]?.term ?? refuse(node, "has no value on any path");
  }

  #setNulls(node: Node): void {
    for (const { statements, term } of this.#nulls.splice(0)) {
      const written = this.#code.block(() => {
        if (this.#target !== null) this.#target = this.#set(this.#target, term, node);
      });
      statements.push(...written);
    }
  }

  #declared(value: Term): Term {
    return mapScalars(withoutFlags(value), (expr) => this.#local(typeOf(expr)));
  }

  #local(valueType: IrType): LocalExpr {
    const id = this.#code.newLocal();
    const type = storedType(valueType);
    this.#declarations.slot.push({ do: "let", id, type, value: emptyValue(type) });
    return { op: "local", id, type };
  }

  /** Answers the target, which has a flag more if it may be null now. */
  #set(target: Term, value: Term, node: Node): Term {
    if (target.kind === "scalar") return this.#setScalar(target.expr, value, node);
    if (!isRecord(target)) return misfit(target, value, node);
    const isNull = this.#setAbsence(target, value, node);
    if (value.kind === "nothing") return { ...target, isNull };
    if (target.kind === "tuple" && value.kind === "tuple") {
      if (target.items.length !== value.items.length) return misfit(target, value, node);
      const items = target.items.map((item, index) =>
        this.#set(item, value.items[index] ?? item, node),
      );
      return { ...target, items, isNull };
    }
    if (target.kind === "row" && value.kind === "row") {
      const names = [...target.fields.keys()];
      if (names.join("\n") !== [...value.fields.keys()].join("\n")) {
        return misfit(target, value, node);
      }
      const fields = [...target.fields].map(
        ([name, field]) => [name, this.#set(field, value.fields.get(name) ?? field, node)] as const,
      );
      return { ...target, fields: new Map(fields), isNull };
    }
    return misfit(target, value, node);
  }

  #setScalar(target: Expr, term: Term, node: Node): Term {
    const holder = presentOf(target);
    const value = likewise(term, scalar(target));
    if (value.kind !== "scalar" || holder.op !== "local") return misfit(scalar(target), term, node);
    const { expr } = value;
    if (commonType(holder.type, typeOf(expr)) === null) return misfit(scalar(target), term, node);
    const flag = this.#flagOf(isNullable(target) ? target.isNull : null, isNullable(expr));
    this.#code.set(holder.id, flag === null ? expr : presentOf(expr));
    if (flag === null) return scalar(target);
    this.#code.set(flag.id, absenceOf(expr));
    return scalar(nullable(holder, flag, commonAbsent(target, expr)));
  }

  #setAbsence(target: TupleTerm | RowTerm, value: Term, node: Node): Expr | null {
    const isNull = absenceOfTerm(value);
    const flag = this.#flagOf(target.isNull, isNull !== null);
    if (flag !== null) this.#code.set(flag.id, isNull ?? booleanLiteral(false));
    else if (isNull !== null) this.#code.giveUpIf(isNull);
    return value.kind === "nothing" && value.is === "undefined"
      ? misfit(target, value, node)
      : flag;
  }

  /** What says that the target is null: made where it is needed first, if nobody has read the target. */
  #flagOf(known: Expr | null, isNeeded: boolean): LocalExpr | null {
    if (known?.op === "local") return known;
    return isNeeded && !this.#isRead ? this.#local(BOOLEAN) : null;
  }
}

/** The fields of records alone: what says that they are null is made by #flagOf(). */
function withoutFlags(term: Term): Term {
  if (term.kind === "tuple") return tupleOf(term.items.map(withoutFlags));
  if (term.kind !== "row") return term;
  return rowOf(new Map([...term.fields].map(([name, field]) => [name, withoutFlags(field)])));
}

function copied(code: Code): (expr: Expr) => Expr {
  return (expr) => (expr.op.endsWith("-literal") ? expr : code.let(expr));
}

function misfit(target: Term, value: Term, node: Node): never {
  return refuse(node, `is ${termText(target)} on one path and ${termText(value)} on another`);
}
