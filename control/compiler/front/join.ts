/** A value that several paths of control give: locals that each path sets. */
import type { Node } from "acorn";
import { type Expr, typeOf } from "../ir.ts";
import type { Code, Slot } from "./code.ts";
import { asNumber, termText } from "./conversions.ts";
import { emptyValue } from "./literals.ts";
import { mapScalars } from "./records.ts";
import { refuse } from "./refusal.ts";
import { NOTHING, type Term } from "./scope.ts";
import { commonType, storedType } from "./types.ts";

export class Join {
  readonly #code: Code;
  /** Before all paths: the declarations, once the first path has told their types. */
  readonly #declarations: Slot;
  #target: Term | null = null;

  /** To be created before the paths part. */
  constructor(code: Code) {
    this.#code = code;
    this.#declarations = code.reserve();
  }

  /** Ends a path with this value. */
  assign(term: Term, node: Node): void {
    const numbers = mapScalars(term, asNumber);
    // The fields may have been computed from the locals that are about to be set.
    const value = numbers.kind === "scalar" ? numbers : mapScalars(numbers, copied(this.#code));
    this.#target ??= mapScalars(value, (expr) => this.#declare(expr));
    this.#set(this.#target, value, node);
  }

  /** After all paths. */
  result(node: Node): Term {
    return this.#target ?? refuse(node, "has no value on any path");
  }

  #declare(expr: Expr): Expr {
    const id = this.#code.newLocal();
    const type = storedType(typeOf(expr));
    this.#declarations.slot.push({ do: "let", id, type, value: emptyValue(type) });
    return { op: "local", id, type };
  }

  #set(target: Term, value: Term, node: Node): void {
    if (target.kind === "scalar" && value.kind === "scalar" && target.expr.op === "local") {
      if (commonType(target.expr.type, typeOf(value.expr)) !== null) {
        this.#code.set(target.expr.id, value.expr);
        return;
      }
    }
    if (target.kind === "tuple" && value.kind === "tuple") {
      if (target.items.length === value.items.length) {
        for (const [index, item] of target.items.entries()) {
          this.#set(item, value.items[index] ?? NOTHING, node);
        }
        return;
      }
    }
    if (target.kind === "row" && value.kind === "row") {
      if ([...target.fields.keys()].join("\n") === [...value.fields.keys()].join("\n")) {
        for (const [name, field] of target.fields) {
          this.#set(field, value.fields.get(name) ?? NOTHING, node);
        }
        return;
      }
    }
    refuse(node, `is ${termText(target)} on one path and ${termText(value)} on another`);
  }
}

function copied(code: Code): (expr: Expr) => Expr {
  return (expr) => (expr.op.endsWith("-literal") ? expr : code.let(expr));
}
