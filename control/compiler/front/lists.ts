/** Lists as sequences: what runs code for every element, so that chains of methods build no lists. */
import type { Node } from "acorn";
import { type Expr, type LocalExpr, NUMBER, typeOf } from "../ir.ts";
import { presentRecord } from "./absence.ts";
import type { Code } from "./code.ts";
import { termText } from "./conversions.ts";
import { literalOf, numberLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { matchAsArray } from "./match.ts";
import { refuse } from "./refusal.ts";
import type { SequenceTerm, TableTerm, Term } from "./scope.ts";
import { mapScalars, scalar, tupleOf } from "./terms.ts";

type Body = (item: Term, index: () => Expr) => void;

export function sequenceOf(lowering: Lowering, term: Term, node: Node): SequenceTerm {
  switch (term.kind) {
    case "sequence":
      return term;
    case "match":
      return sequenceOf(lowering, matchAsArray(term, node), node);
    case "tuple": {
      const { code } = lowering;
      presentRecord(lowering, term);
      const items = term.items.map((item) => mapScalars(item, (expr) => code.pin(expr)));
      return {
        kind: "sequence",
        each(body) {
          for (const [index, item] of items.entries()) body(item, () => numberLiteral(index));
        },
      };
    }
    case "table":
      return sequenceOf(lowering, tupleOf(entriesOf(term)), node);
    case "scalar":
      if (typeOf(term.expr).kind === "LIST") return elements(lowering, term.expr);
      return refuse(node, `iterates over ${termText(term)}, which is not compiled`);
    case "opaque":
      return refuse(node, `reads a column of type ${termText(term)}, which is not compiled`);
    default:
      return refuse(node, `iterates over ${termText(term)}, which is not compiled`);
  }
}

function entriesOf({ keys, values }: TableTerm): readonly Term[] {
  return keys.map((literal, index) => {
    const key = scalar(literalOf(literal));
    const value = values?.[index];
    return value === undefined ? key : tupleOf([key, value]);
  });
}

function elements({ code }: Lowering, list: Expr): SequenceTerm {
  const type = typeOf(list);
  const element = type.kind === "LIST" ? type.element : type;
  const source = code.pinIfChanging(list);
  return {
    kind: "sequence",
    each(body) {
      const id = code.newLocal();
      let index: number | null = null;
      const indexOf = (): Expr => {
        index ??= code.newLocal();
        return { op: "local", id: index, type: NUMBER };
      };
      const statements = code.block(() => {
        body(scalar({ op: "local", id, type: element }), indexOf);
      });
      code.push({ do: "each", list: source, id, type: element, index, body: statements });
    },
  };
}

/** The parts one after the other. */
export function joinedSequence(
  lowering: Lowering,
  parts: readonly Term[],
  node: Node,
): SequenceTerm {
  const sequences = parts.map((part) => sequenceOf(lowering, part, node));
  return {
    kind: "sequence",
    each(body) {
      const counter = new Counter(lowering.code);
      for (const sequence of sequences) {
        sequence.each((item) => {
          body(item, () => counter.value());
          counter.increase();
        });
      }
    },
  };
}

/** Those elements for which `keeps` writes a condition that holds. */
export function filtered(
  code: Code,
  source: SequenceTerm,
  keeps: (item: Term, index: () => Expr) => Expr,
): SequenceTerm {
  return {
    kind: "sequence",
    each(body: Body) {
      const counter = new Counter(code);
      source.each((item, index) => {
        code.branch(keeps(item, index), () => {
          body(item, () => counter.value());
          counter.increase();
        });
      });
    },
  };
}

/** An index that is counted, if anybody asks for it. */
class Counter {
  readonly #code: Code;
  readonly #declaration;
  #local: LocalExpr | null = null;

  constructor(code: Code) {
    this.#code = code;
    this.#declaration = code.reserve();
  }

  value(): Expr {
    if (this.#local === null) {
      const id = this.#code.newLocal();
      this.#declaration.slot.push({ do: "let", id, type: NUMBER, value: numberLiteral(0) });
      this.#local = { op: "local", id, type: NUMBER };
    }
    return this.#local;
  }

  increase(): void {
    if (this.#local === null) return;
    const value: Expr = {
      op: "binary",
      operator: "+",
      left: this.#local,
      right: numberLiteral(1),
    };
    this.#code.set(this.#local.id, value);
  }
}
