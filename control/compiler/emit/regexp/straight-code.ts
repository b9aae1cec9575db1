/** Code for what matches in one way only: it moves `at` on, or returns 0. */
import { type CharSet, onlyCharOf } from "../../regexp/char-set.ts";
import {
  againTail,
  firstChars,
  openingOf,
  type Rest,
  restOf,
  type Step,
} from "../../regexp/opening.ts";
import { groupsIn, type PatternNode, type RepeatNode } from "../../regexp/pattern.ts";
import type { ModuleSource } from "../module-source.ts";
import type { FunctionBody } from "./function-body.ts";
import type { MatcherGlobals } from "./matcher-globals.ts";
import { isInText, literalBytes, runFunction, wideOf, widthFunction, widthText } from "./sets.ts";
import { isStraight } from "./straight.ts";

/** So many characters are tested one by one, more of them in a loop. */
const UNROLLED_MAX = 4;

export class StraightCode {
  readonly #source: ModuleSource;
  readonly #globals: MatcherGlobals;
  readonly #lookName: (body: PatternNode) => string;

  /** @param lookName name of the function that matches what is looked ahead for */
  constructor(
    source: ModuleSource,
    globals: MatcherGlobals,
    lookName: (body: PatternNode) => string,
  ) {
    this.#source = source;
    this.#globals = globals;
    this.#lookName = lookName;
  }

  /** Writes steps as long as they are straight, from the first on; answers what is left. */
  write(from: Rest, isStop: (rest: Rest) => boolean, body: FunctionBody): Rest {
    let rest = from;
    const goesOn = (next: NonNullable<Rest>): boolean =>
      (next === from || !isStop(next)) && isStraight(next.head, next.tail);
    while (rest !== null && goesOn(rest)) {
      const { head, tail }: NonNullable<Rest> = rest;
      if (head.kind === "sequence") {
        rest = restOf(head.items, tail);
      } else if (head.kind === "set" && onlyCharOf(head.set) !== null) {
        rest = this.#literal(rest, isStop, body);
      } else {
        this.#step(head, tail, body);
        rest = tail;
      }
    }
    return rest;
  }

  /** The groups in a node are not matched so far. */
  forget(node: PatternNode, body: FunctionBody): void {
    for (const index of groupsIn(node)) body.line(`${this.#globals.group(index)} = 0;`);
  }

  /** So many characters of a set. */
  times(set: CharSet, count: number, body: FunctionBody): void {
    if (count <= UNROLLED_MAX) {
      for (let index = 0; index < count; ++index) this.#char(set, body);
      return;
    }
    const index = body.name("index");
    body.block(`for (let ${index}: u32 = 0; ${index} < ${count}; ++${index}) {`, () =>
      this.#char(set, body),
    );
  }

  /** As many characters of a set as there are, at most `count`. */
  upTo(set: CharSet, count: number, body: FunctionBody): void {
    if (!Number.isFinite(count)) {
      body.line(`at = ${runFunction(set, this.#source)}(at, end);`);
      return;
    }
    if (count === 0) return;
    const index = body.name("index");
    body.block(`for (let ${index}: u32 = 0; ${index} < ${count} && at < end; ++${index}) {`, () => {
      this.pass(set, "break;", body);
    });
  }

  /** Moves on behind the character at `at`, which is in front of the end; leaves if it is not of the set. */
  pass(set: CharSet, leave: "return 0;" | "break;", body: FunctionBody): void {
    if (wideOf(set) === "some") {
      const width = body.name("width");
      body.line(`const ${width} = ${widthFunction(set, this.#source)}(at);`);
      body.line(`if (${width} === 0) ${leave}`);
      body.line(`at += ${width};`);
    } else {
      body.line(`if (!${isInText(set, this.#source)}) ${leave}`);
      body.line(`at += ${widthText(set, this.#source)};`);
    }
  }

  #all(node: PatternNode, tail: Rest, body: FunctionBody): void {
    this.write(restOf([node], tail), (rest) => rest === tail, body);
  }

  #step(step: Step, tail: Rest, body: FunctionBody): void {
    switch (step.kind) {
      case "set":
        this.#char(step.set, body);
        break;
      case "group":
        this.#group(step.index, step.body, tail, body);
        break;
      case "choice":
        this.#choice(step.options, tail, body);
        break;
      case "repeat":
        if (step.body.kind === "set") this.#run(step, step.body.set, tail, body);
        else this.#repeat(step, tail, body);
        break;
      case "close":
        this.#close(step.index, this.#globals.open(step.index), body);
        break;
      case "forget":
        this.forget(step.node, body);
        break;
      case "progress":
        body.line(`if (at === ${step.mark}) return 0;`);
        break;
      default:
        body.line(`if (${this.#failure(step)}) return 0;`);
        if (step.kind === "look" && step.isNegated) this.forget(step.body, body);
    }
  }

  /** Whether an assertion fails. */
  #failure(step: Step): string {
    const use = (name: string): string => this.#source.use("regexp", name);
    switch (step.kind) {
      case "start":
        return step.ofLine ? `!${use("regexpLineStart")}(start, at)` : "at !== start";
      case "end":
        return step.ofLine ? `!${use("regexpLineEnd")}(at, end)` : "at !== end";
      case "boundary":
        return `${step.isNegated ? "" : "!"}${use("regexpBoundary")}(start, at, end)`;
      case "look":
        return `${this.#lookName(step.body)}(start, at, end) ${step.isNegated ? "!==" : "==="} 0`;
      default:
        throw new TypeError(`${step.kind} is no assertion`);
    }
  }

  #char(set: CharSet, body: FunctionBody): void {
    if (wideOf(set) === "some") {
      body.line("if (at >= end) return 0;");
      this.pass(set, "return 0;", body);
    } else {
      body.line(`if (at >= end || !${isInText(set, this.#source)}) return 0;`);
      body.line(`at += ${widthText(set, this.#source)};`);
    }
  }

  /** Characters that stand one behind the other, compared several at a time. */
  #literal(from: Rest, isStop: (rest: Rest) => boolean, body: FunctionBody): Rest {
    const bytes: number[] = [];
    let rest = from;
    while (rest !== null && rest.head.kind === "set" && (rest === from || !isStop(rest))) {
      const char = literalBytes(rest.head.set);
      if (char === null) break;
      bytes.push(...char);
      rest = rest.tail;
    }
    const tests = [`<u32>(end - at) < ${bytes.length}`];
    for (let offset = 0; offset < bytes.length; ) {
      const size = [8, 4, 2, 1].find((width) => width <= bytes.length - offset) ?? 1;
      const chunk = bytes.slice(offset, offset + size).reverse();
      const value = chunk.map((byte) => byte.toString(16).padStart(2, "0")).join("");
      tests.push(`load<u${size * 8}>(at, ${offset}) !== 0x${value}`);
      offset += size;
    }
    body.line(`if (${tests.join(" || ")}) return 0;`);
    body.line(`at += ${bytes.length};`);
    return rest;
  }

  #group(index: number, inner: PatternNode, tail: Rest, body: FunctionBody): void {
    const open = body.name("open");
    body.line(`const ${open} = at;`);
    this.#all(inner, tail, body);
    this.#close(index, open, body);
  }

  #close(index: number, open: string, body: FunctionBody): void {
    const textOf = this.#source.use("text", "textOf");
    body.line(`${this.#globals.group(index)} = ${textOf}(${open}, <u32>(at - ${open}));`);
  }

  #choice(options: readonly PatternNode[], tail: Rest, body: FunctionBody): void {
    for (const option of options) this.forget(option, body);
    const write = (index: number): void => {
      const option = options[index];
      if (option === undefined) return;
      if (index + 1 === options.length) {
        this.#all(option, tail, body);
        return;
      }
      const test = isInText(firstChars(option), this.#source);
      body.block(`if (at < end && ${test}) {`, () => this.#all(option, tail, body));
      body.block("else {", () => write(index + 1));
    };
    write(0);
  }

  #run(node: RepeatNode, set: CharSet, tail: Rest, body: FunctionBody): void {
    const { min, max, isLazy } = node;
    if (min === max || (isLazy && openingOf(tail).always)) {
      this.times(set, min, body);
    } else if (min === 1 && max === Number.POSITIVE_INFINITY) {
      const from = body.name("from");
      body.line(`const ${from} = at;`);
      this.upTo(set, max, body);
      body.line(`if (at === ${from}) return 0;`);
    } else {
      this.times(set, min, body);
      this.upTo(set, max - min, body);
    }
  }

  #repeat(node: RepeatNode, tail: Rest, body: FunctionBody): void {
    const { body: repeated, min, max, isLazy } = node;
    const again = againTail(repeated, tail);
    const iterate = (head: string): void =>
      body.block(head, () => {
        this.forget(repeated, body);
        this.#all(repeated, again, body);
      });
    this.forget(repeated, body);
    const index = body.name("index");
    if (min > 0) iterate(`for (let ${index}: u32 = 0; ${index} < ${min}; ++${index}) {`);
    if (max === min || (isLazy && openingOf(tail).always)) return;
    const test = `at < end && ${isInText(firstChars(repeated), this.#source)}`;
    const more = body.name("more");
    if (max === min + 1) iterate(`if (${test}) {`);
    else if (max === Number.POSITIVE_INFINITY) iterate(`while (${test}) {`);
    else iterate(`for (let ${more}: u32 = 0; ${more} < ${max - min} && ${test}; ++${more}) {`);
  }
}
