/** The program under construction: the block that statements go to, and the locals handed out. */
import { type Expr, type LocalExpr, type LocalId, type Statement, typeOf } from "../ir.ts";
import { folded } from "./fold.ts";
import { valueOfLiteral } from "./literals.ts";
import { operandsOf } from "./visit.ts";

/** A place in a block that is filled while later code is written. */
export interface Slot {
  readonly slot: Statement[];
}

type Item = Statement | Slot;

export class Code {
  #items: Item[] = [];
  #localCount = 0;
  readonly #variables = new Set<LocalId>();
  /** See Program.spreads. */
  spreads = false;
  /** Variables declared without a value that have one now: at the end of what has been written of the current block. */
  #set: ReadonlySet<LocalId> = new Set();

  push(statement: Statement): void {
    this.#items.push(statement);
  }

  reserve(): Slot {
    const slot: Slot = { slot: [] };
    this.#items.push(slot);
    return slot;
  }

  /** What `write` pushes, as a block of its own, which may never run. */
  block(write: () => void): Statement[] {
    const set = this.#set;
    const statements = this.#block(write);
    this.#set = set;
    return statements;
  }

  #block(write: () => void): Statement[] {
    const outer = this.#items;
    const items: Item[] = [];
    this.#items = items;
    try {
      write();
    } finally {
      this.#items = outer;
    }
    return items.flatMap((item) => ("slot" in item ? item.slot : [item]));
  }

  newLocal(): LocalId {
    this.#localCount += 1;
    return this.#localCount - 1;
  }

  /** A new local with this value; two, if it may be null. */
  let(value: Expr): Expr {
    if (value.op === "nullable") {
      return { ...value, value: this.let(value.value), isNull: this.once(value.isNull) };
    }
    return this.letPresent(value);
  }

  /** A new local with this value, which is never null. */
  letPresent(value: Expr): LocalExpr {
    const id = this.newLocal();
    const type = typeOf(value);
    this.push({ do: "let", id, type, value });
    return { op: "local", id, type };
  }

  /** A local that the user's code assigns to. */
  newVariable(): LocalId {
    const id = this.newLocal();
    this.#variables.add(id);
    return id;
  }

  /** From here on a variable that was declared without a value has one. */
  noteSet(id: LocalId): void {
    this.#set = new Set([...this.#set, id]);
  }

  /** Whether the variable has a value here, on whatever path. */
  isSet(id: LocalId): boolean {
    return this.#set.has(id);
  }

  set(id: LocalId, value: Expr): void {
    this.push({ do: "set", id, value });
  }

  /** As an expression that may be used twice in one place. */
  once(value: Expr): Expr {
    return isLeaf(value) ? value : this.let(value);
  }

  /** As an expression whose value stays what it is now. */
  pin(value: Expr): Expr {
    const known = folded(value);
    return isLeaf(known) && !this.#changes(known) ? known : this.let(known);
  }

  /** Computes what nobody uses: it may throw. */
  discard(value: Expr): Expr {
    return this.once(value);
  }

  /** Like pin(), but what cannot change is left in place, however large. */
  pinIfChanging(value: Expr): Expr {
    return this.#changes(value) ? this.let(value) : value;
  }

  #changes(value: Expr): boolean {
    if (value.op === "local") return this.#variables.has(value.id);
    return operandsOf(value).some((operand) => this.#changes(operand));
  }

  giveUp(): void {
    this.push({ do: "give-up" });
  }

  giveUpIf(test: Expr): void {
    this.branch(test, () => this.giveUp());
  }

  /** if (test) { whenTrue } else { whenFalse } */
  branch(test: Expr, whenTrue: () => void, whenFalse: () => void = () => {}): void {
    const known = valueOfLiteral(folded(test));
    if (known !== null) {
      if (known === true) whenTrue();
      else whenFalse();
      return;
    }
    const before = this.#set;
    const then = this.#block(whenTrue);
    const setByThen = this.#set;
    this.#set = before;
    const otherwise = this.#block(whenFalse);
    this.#set = new Set([...this.#set].filter((id) => setByThen.has(id)));
    this.push(ifStatement(test, then, otherwise));
  }
}

export function ifStatement(
  test: Expr,
  then: readonly Statement[],
  otherwise: readonly Statement[],
): Statement {
  return { do: "if", test, then, else: otherwise };
}

export function isLeaf(expr: Expr): boolean {
  if (expr.op === "nullable") return isLeaf(expr.value) && isLeaf(expr.isNull);
  return /^(local|input|is-null)$|-literal$/.test(expr.op);
}
