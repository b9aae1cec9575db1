/** Globals of a matcher: what its groups captured, where they begin, and where iterations do. */
import { canBeEmpty, childrenOf, type PatternNode } from "../../regexp/pattern.ts";
import type { ModuleSource } from "../module-source.ts";

/** Global that has what a group of a matcher captured, 0 = nothing. */
export function groupName(matcher: string, index: number): string {
  return `${matcher}Group${index}`;
}

export class MatcherGlobals {
  readonly #source: ModuleSource;
  readonly #matcher: string;
  readonly #written = new Set<string>();
  readonly #marks = new Map<PatternNode, string>();

  /** @param matcher what the names begin with */
  constructor(source: ModuleSource, matcher: string) {
    this.#source = source;
    this.#matcher = matcher;
  }

  group(index: number): string {
    return this.#global(groupName(this.#matcher, index), "u64");
  }

  /** Where a group begins whose end is not matched yet. */
  open(index: number): string {
    return this.#global(`${this.#matcher}Open${index}`, "usize");
  }

  /** Where the present iteration of a body begins that may be empty. */
  mark(repeated: PatternNode): string {
    const known = this.#marks.get(repeated);
    if (known !== undefined) return known;
    const mark = this.#global(`${this.#matcher}Mark${this.#marks.size}`, "usize");
    this.#marks.set(repeated, mark);
    return mark;
  }

  /** Those that matching a node changes. */
  changedBy(node: PatternNode): readonly string[] {
    const own: string[] = [];
    if (node.kind === "group") own.push(this.group(node.index));
    if (node.kind === "repeat" && canBeEmpty(node.body)) own.push(this.mark(node.body));
    return [...own, ...childrenOf(node).flatMap((child) => this.changedBy(child))];
  }

  #global(name: string, type: "u64" | "usize"): string {
    if (!this.#written.has(name)) {
      this.#written.add(name);
      this.#source.global(name, type);
    }
    return name;
  }
}
