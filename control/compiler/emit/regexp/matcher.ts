/**
 * The matcher of a pattern: functions of `start`, `at` and `end` that answer where a match of what is left
 * of the pattern ends, 0 = there is none.
 *
 * What can match in one way only is code in a row (straight-code.ts). Where there is a choice, what follows
 * it is a function of its own, called for each option until one leads to a match: what was matched before
 * is taken back by returning 0. Captured groups are globals. A choice forgets those within it before it
 * takes an option, and a loop restores those of the iteration before when another one fails.
 */
import type { CharSet } from "../../regexp/char-set.ts";
import { openingOf, type Rest, restOf } from "../../regexp/opening.ts";
import { canBeEmpty, type PatternNode, type RepeatNode } from "../../regexp/pattern.ts";
import type { ModuleSource } from "../module-source.ts";
import { FunctionBody } from "./function-body.ts";
import { MatcherGlobals } from "./matcher-globals.ts";
import { isInText, wideOf } from "./sets.ts";
import { isStraight } from "./straight.ts";
import { StraightCode } from "./straight-code.ts";

export const PARAMETERS = "(start: usize, at: usize, end: usize): usize";
const ARGUMENTS = "(start, at, end)";

export class Matcher {
  readonly #source: ModuleSource;
  readonly #name: string;
  readonly #globals: MatcherGlobals;
  readonly #straight: StraightCode;
  readonly #entries = new Map<Rest, string>();
  readonly #continued = new Set<PatternNode>();
  #functions = 0;

  /** @param name that all names of the matcher begin with */
  constructor(source: ModuleSource, name: string) {
    this.#source = source;
    this.#name = name;
    this.#globals = new MatcherGlobals(source, name);
    this.#straight = new StraightCode(source, this.#globals, (body) =>
      this.#entry(restOf([body], null)),
    );
  }

  /** Writes the functions; answers the name of the one that matches all of the pattern. */
  write(root: PatternNode): string {
    return this.#entry(restOf([root], null));
  }

  /** Name of the function that matches the rest. */
  #entry(rest: Rest): string {
    const known = this.#entries.get(rest);
    if (known !== undefined) return known;
    const name = this.#newName("Part");
    this.#entries.set(rest, name);
    this.#addFunction(name, (body) => this.#rest(rest, body));
    return name;
  }

  #newName(kind: string): string {
    this.#functions += 1;
    return `${this.#name}${kind}${this.#functions}`;
  }

  #addFunction(name: string, write: (body: FunctionBody) => void): void {
    const body = new FunctionBody();
    write(body);
    this.#source.add([`function ${name}${PARAMETERS} {`, ...body.lines, "}"]);
  }

  /** Matches the rest and returns. */
  #rest(rest: Rest, body: FunctionBody): void {
    let left = rest;
    while (left !== null) {
      const { head, tail }: NonNullable<Rest> = left;
      const shared = left === rest ? undefined : this.#entries.get(left);
      if (shared !== undefined) {
        body.line(`return ${shared}${ARGUMENTS};`);
        return;
      }
      if (head.kind === "sequence") {
        left = restOf(head.items, tail);
      } else if (isStraight(head, tail)) {
        left = this.#straight.write(left, (next) => this.#entries.has(next), body);
      } else if (head.kind === "group") {
        this.#group(head.index, head.body, tail, body);
        return;
      } else if (head.kind === "choice") {
        left = this.#choice(head.options, tail, body);
      } else if (head.kind === "repeat" && head.body.kind === "set") {
        if (head.isLazy) this.#lazyRun(head, head.body.set, tail, body);
        else this.#greedyRun(head, head.body.set, tail, body);
        return;
      } else if (head.kind === "repeat" && head.min === 0 && head.isLazy && isBounded(head)) {
        this.#lazyOption(head, tail, body);
        return;
      } else if (head.kind === "repeat") {
        left = this.#repeat(head, tail, body);
      } else if (head.kind === "again") {
        body.line(`return ${head.loop}${ARGUMENTS};`);
        return;
      } else {
        throw new TypeError(`${head.kind} has one way to match`);
      }
    }
    body.line("return at;");
  }

  /** Where a group begins is put back, since an iteration before may still have to end it. */
  #group(index: number, inner: PatternNode, tail: Rest, body: FunctionBody): void {
    const open = this.#globals.open(index);
    const saved = body.name("saved");
    body.line(`const ${saved} = ${open};`);
    body.line(`${open} = at;`);
    this.#attempt(restOf([inner, { kind: "close", index }], tail), body);
    body.line(`${open} = ${saved};`);
    body.line("return 0;");
  }

  /** Takes the last option in place. */
  #choice(options: readonly PatternNode[], tail: Rest, body: FunctionBody): Rest {
    const whole: PatternNode = { kind: "choice", options };
    this.#fork(tail, body);
    for (const option of options.slice(0, -1)) {
      this.#straight.forget(whole, body);
      this.#attempt(restOf([option], tail), body);
    }
    this.#straight.forget(whole, body);
    return restOf(options.slice(-1), tail);
  }

  /** Begins options that go on with the same: that is written once. */
  #fork(tail: Rest, body: FunctionBody): void {
    if (tail !== null) this.#entry(tail);
    this.#step(body);
  }

  #step(body: FunctionBody): void {
    body.line(`if (!${this.#source.use("regexp", "regexpStep")}()) return 0;`);
  }

  /** Returns if the rest matches. */
  #attempt(rest: Rest, body: FunctionBody): void {
    const found = body.name("found");
    const attempt = (): void => {
      body.line(`const ${found} = ${this.#entry(rest)}${ARGUMENTS};`);
      body.line(`if (${found} !== 0) return ${found};`);
    };
    const test = this.#openingTest(rest);
    if (test === null) attempt();
    else body.block(`if (${test}) {`, attempt);
  }

  /** Whether the rest may match, by its first character; null = that says nothing. */
  #openingTest(rest: Rest): string | null {
    const { set, always, atEnd } = openingOf(rest);
    if (always || atEnd || wideOf(set) === "some") return null;
    return `at < end && ${isInText(set, this.#source)}`;
  }

  #greedyRun({ min, max }: RepeatNode, set: CharSet, tail: Rest, body: FunctionBody): void {
    this.#straight.times(set, min, body);
    const least = body.name("least");
    body.line(`const ${least} = at;`);
    this.#straight.upTo(set, max - min, body);
    body.block("while (true) {", () => {
      this.#step(body);
      this.#attempt(tail, body);
      body.line(`if (at === ${least}) return 0;`);
      const isNarrow = wideOf(set) === "none";
      body.line(isNarrow ? "--at;" : `at = ${this.#source.use("regexp", "regexpBack")}(at);`);
    });
  }

  #lazyRun(node: RepeatNode, set: CharSet, tail: Rest, body: FunctionBody): void {
    const { min, max } = node;
    this.#straight.times(set, min, body);
    const left = body.name("left");
    if (isBounded(node)) body.line(`let ${left}: u32 = ${max - min};`);
    const isUsedUp = isBounded(node) ? `at >= end || ${left}-- === 0` : "at >= end";
    body.block("while (true) {", () => {
      this.#step(body);
      this.#attempt(tail, body);
      body.line(`if (${isUsedUp}) return 0;`);
      this.#straight.pass(set, "return 0;", body);
    });
  }

  /** A repetition of more than a character: the iterations there have to be, then those there may be. */
  #repeat(node: RepeatNode, tail: Rest, body: FunctionBody): Rest {
    const { body: repeated, min, max } = node;
    if (min > 0) {
      const copies = Array.from({ length: min }, () => [
        { kind: "forget", node: repeated } as const,
        repeated,
      ]);
      const more = this.#more(node, max - min);
      return restOf([...copies.flat(), ...(max > min ? [more] : [])], tail);
    }
    if (!this.#continued.has(node)) this.#straight.forget(repeated, body);
    if (isBounded(node)) return this.#option(node, tail, body);
    const loop = this.#newName("Loop");
    this.#addFunction(loop, (inner) => this.#loop(node, loop, tail, inner));
    return { head: { kind: "again", body: repeated, loop }, tail };
  }

  /** One iteration or none. */
  #option(node: RepeatNode, tail: Rest, body: FunctionBody): Rest {
    this.#fork(tail, body);
    this.#attemptIteration(node, this.#behindOption(node, tail), body);
    return tail;
  }

  /** No iteration or one. */
  #lazyOption(node: RepeatNode, tail: Rest, body: FunctionBody): void {
    if (!this.#continued.has(node)) this.#straight.forget(node.body, body);
    this.#fork(tail, body);
    this.#attempt(tail, body);
    this.#attemptIteration(node, this.#behindOption(node, tail), body);
    body.line("return 0;");
  }

  #behindOption(node: RepeatNode, tail: Rest): Rest {
    return restOf(node.max > 1 ? [this.#more(node, node.max - 1)] : [], tail);
  }

  /** Returns if an iteration and what follows it match; else what it changes is put back. */
  #attemptIteration(node: RepeatNode, next: Rest, body: FunctionBody): void {
    const restore = this.#save(node, body);
    this.#straight.forget(node.body, body);
    this.#attempt(this.#iteration(node, next, body), body);
    restore();
  }

  /** What is left of a repetition behind an iteration: that is not forgotten where no other follows. */
  #more(node: RepeatNode, max: number): PatternNode {
    const more: RepeatNode = { ...node, min: 0, max };
    this.#continued.add(more);
    return more;
  }

  /** The body and what follows it; notes where it begins if it may be empty. */
  #iteration({ body: repeated }: RepeatNode, tail: Rest, body: FunctionBody): Rest {
    if (!canBeEmpty(repeated)) return restOf([repeated], tail);
    const mark = this.#globals.mark(repeated);
    body.line(`${mark} = at;`);
    return restOf([repeated, { kind: "progress", mark }], tail);
  }

  #loop(node: RepeatNode, loop: string, tail: Rest, body: FunctionBody): void {
    const { body: repeated, isLazy } = node;
    body.line(`if (!${this.#source.use("regexp", "regexpEnter")}()) return 0;`);
    if (isLazy) this.#attempt(tail, body);
    const again: Rest = { head: { kind: "again", body: repeated, loop }, tail };
    this.#attemptIteration(node, again, body);
    body.line(`${this.#source.use("regexp", "regexpLeave")}();`);
    if (isLazy) body.line("return 0;");
    else this.#rest(tail, body);
  }

  /** Notes what an iteration changes; answers what puts it back. */
  #save(repeated: RepeatNode, body: FunctionBody): () => void {
    const changed = this.#globals.changedBy(repeated);
    const saved = changed.map((global) => [global, body.name("saved")] as const);
    for (const [global, local] of saved) body.line(`const ${local} = ${global};`);
    return () => {
      for (const [global, local] of saved) body.line(`${global} = ${local};`);
    };
  }
}

function isBounded({ max }: RepeatNode): boolean {
  return Number.isFinite(max);
}
