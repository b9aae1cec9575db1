/** What names stand for, and what expressions are while a function is analysed: terms. */
import type { Absent, Expr, IrType, LocalId } from "../ir.ts";
import type { Slot } from "./code.ts";
import type { JsonValue } from "./json-value.ts";
import type { LiteralValue } from "./literals.ts";
import type { FunctionNode } from "./parse.ts";

/** Records are taken apart, functions inlined, built lists iterated: only scalars reach the program. */
export type Term =
  | ScalarTerm
  | TupleTerm
  | RowTerm
  | OpaqueTerm
  | SequenceTerm
  | FunctionTerm
  /** What JSON.parse() answers, or a part of it. */
  | { readonly kind: "json"; readonly value: JsonValue }
  | TableTerm
  /** A global, or what is reached from one: "parseInt", "Math", "Math.abs". */
  | { readonly kind: "global"; readonly name: string }
  /** The second parameter of a flatMap. */
  | { readonly kind: "collector" }
  /** See filled-list.ts. */
  | { readonly kind: "filled" }
  | RegexpTerm
  | MatchTerm
  | GroupsTerm
  | { readonly kind: "nothing"; readonly is: "null" | "undefined" };

export const NOTHING: Term = { kind: "nothing", is: "undefined" };

/** A number, string or boolean, or a list of such. */
export interface ScalarTerm {
  readonly kind: "scalar";
  readonly expr: Expr;
}
export interface TupleTerm {
  readonly kind: "tuple";
  readonly items: readonly Term[];
  /** Whether the record is null instead; null = it never is. */
  readonly isNull: Expr | null;
}
export interface RowTerm {
  readonly kind: "row";
  /** In the order of the object's keys. */
  readonly fields: ReadonlyMap<string, Term>;
  /** Whether the record is null instead; null = it never is. */
  readonly isNull: Expr | null;
}
/** A column of the input whose values compiled code cannot look at. */
export interface OpaqueTerm {
  readonly kind: "opaque";
  readonly type: IrType;
  /** In the input. */
  readonly path: readonly number[];
  readonly isNull: Expr | null;
}
/** A list that is never built: `each` writes the code that runs `body` for every element. */
export interface SequenceTerm {
  readonly kind: "sequence";
  each(body: (item: Term, index: () => Expr) => void): void;
}
/** A Map or Set whose keys are known. */
export interface TableTerm {
  readonly kind: "table";
  readonly keys: readonly LiteralValue[];
  /** null = a Set. */
  readonly values: readonly Term[] | null;
  /** It has the properties of every object as well. */
  readonly inherits?: true;
}
export interface FunctionTerm {
  readonly kind: "function";
  readonly node: FunctionNode;
  /** Where it was written. */
  readonly scope: Scope;
}

export interface RegexpTerm {
  readonly kind: "regexp";
  readonly source: string;
  readonly flags: string;
}
/** What match() or exec() answers: see match.ts. */
export interface MatchTerm {
  readonly kind: "match";
  /** Empty = null or undefined. */
  readonly list: Expr;
  /** Whether the chain of `?.` it is behind has ended before: undefined instead. */
  readonly isEnded: Expr;
  /** null = all matches, without groups. */
  readonly groups: {
    readonly count: number;
    readonly names: ReadonlyMap<string, number>;
  } | null;
}
/** `match.groups` */
export interface GroupsTerm {
  readonly kind: "groups";
  readonly list: Expr;
  readonly names: ReadonlyMap<string, number>;
  /** Of `match?.groups` */
  readonly isOptional: boolean;
}

export type Binding =
  | {
      readonly kind: "constant";
      readonly term: Term;
      /** It is a variable, seen from a function that is called later. */
      readonly isCopy?: true;
    }
  | Variable
  | Accumulator
  /** Known, but not to be used: the reason. */
  | { readonly kind: "refused"; readonly reason: string };

/** A local that is assigned to after its declaration. */
export interface Variable {
  readonly kind: "variable";
  readonly id: LocalId;
  /** Local that says whether it is absent; null = it never is. */
  readonly nullId: LocalId | null;
  readonly absent: Absent;
  /** Declared as null. */
  readonly startsNull: boolean;
  /** null = declared without a value, and not assigned to yet. */
  type: IrType | null;
  /** Where such a variable is declared once its type is known. */
  readonly declaration: Slot | null;
  /** Depth of pure regions (Lowering.pureDepth) it was declared in. */
  readonly pureDepth: number;
}

/** What add() or merge() is given to change: its fields are variables. See accumulator.ts. */
export interface Accumulator {
  readonly kind: "accumulator";
  readonly shape: "tuple" | "row";
  /** By name, or by index in a tuple. */
  readonly fields: ReadonlyMap<string, Variable>;
}

export class Scope {
  readonly #parent: Scope | null;
  readonly #bindings = new Map<string, Binding>();
  /** Names that were looked for and not found here. */
  readonly #missed = new Set<string>();

  readonly #captured: (name: string) => Binding | null;

  /** @param captured what names stand for that are bound neither here nor around */
  constructor(parent: Scope | null, captured: (name: string) => Binding | null = () => null) {
    this.#parent = parent;
    this.#captured = captured;
  }

  /** Answers whether the name has not been used in this scope before, as JavaScript demands. */
  declare(name: string, binding: Binding): boolean {
    this.#bindings.set(name, binding);
    return !this.#missed.has(name);
  }

  find(name: string): Binding | null {
    const own = this.#bindings.get(name);
    if (own !== undefined) return own;
    this.#missed.add(name);
    if (this.#parent !== null) return this.#parent.find(name);
    const captured = this.#captured(name);
    if (captured !== null) this.#bindings.set(name, captured);
    return captured;
  }

  /** find(), but without a use of the name. */
  peek(name: string): Binding | null {
    return this.#bindings.get(name) ?? this.#parent?.peek(name) ?? null;
  }
}
