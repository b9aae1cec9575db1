/** What the parts of the front end need of each other; analyze.ts puts them together. */
import type { Expression, Node, Statement } from "acorn";
import type { Expr } from "../ir.ts";
import type { Code } from "./code.ts";
import type { Flow } from "./flow.ts";
import type { LiteralValue } from "./literals.ts";
import type { FunctionNode } from "./parse.ts";
import type { FunctionTerm, Scope, SequenceTerm, Term } from "./scope.ts";

export interface Emitter {
  emit(term: Term, node: Node): void;
}

export interface Lowering {
  readonly code: Code;
  readonly output: Emitter;
  /** Names that are assigned to anywhere: a `let` of another name is a constant. */
  readonly reassigned: Set<string>;
  /** Literals of lists whose elements are emitted: see filled-list.ts. null = there is a collector. */
  readonly filled: Set<Node> | null;
  /** Names that are set to null somewhere. */
  readonly nulled: Set<string>;
  /** Functions being inlined, outermost first. */
  readonly inlining: FunctionNode[];
  /**
   * Pure regions around the code being written: there, statements run at another time or more often
   * than in JavaScript, so nothing outside may be changed and nothing emitted.
   */
  pureDepth: number;
  /** Of each chain of `?.` around the code being written, innermost last: what ends it, if it holds. */
  readonly chains: Expr[][];

  value(node: Expression, scope: Scope): Term;
  scalar(node: Expression, scope: Scope): Expr;
  /** Boolean(value) */
  condition(node: Expression, scope: Scope): Expr;
  /** The value of an expression that is a literal or a constant. */
  constant(node: Node, scope: Scope): LiteralValue | null;
  /** An expression whose value is not used. */
  effect(node: Expression, scope: Scope): void;
  /** `next` writes what follows: never, once or on several paths. */
  statements(nodes: readonly Statement[], scope: Scope, flow: Flow, next: () => void): void;
  /** A list or tuple as a sequence. */
  sequence(term: Term, node: Node): SequenceTerm;
  joined(parts: readonly Term[], node: Node): Term;
  call(call: Call): Term;
  /** A function whose later calls see the variables around it as they are now. */
  frozen(fn: FunctionTerm): FunctionTerm;
}

/** A call of a function of the user, or of a global by a method of lists. */
export interface Call {
  readonly callee: Term;
  /** Computed only if the function has a parameter for them. */
  readonly args: readonly (() => Term)[];
  readonly node: Node;
  /** What a call for its effect answers is dropped; it may change what is around it. */
  readonly use: "value" | "effect";
  /** Called for its effect: what becomes of what it returns; if it is not told, its effect alone. */
  readonly returned?: (node: Expression, scope: Scope) => void;
}
