/** A file of the program as V8 runs it: text, syntax tree, names; and where that stands in the user's files. */
import { readFileSync } from "node:fs";
import { findSourceMap } from "node:module";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { AnyNode, Node, Program } from "acorn";
import { loadAcorn, walk } from "../front/parse.ts";
import { type Binding, Bindings } from "./bindings.ts";

/** Of what is imported, and in which file it would be. */
export interface Import {
  readonly node: Node;
  readonly url: string;
}

/** A variable, and the module it is declared in. */
export interface Variable {
  readonly module: SourceModule;
  readonly bindings: Bindings;
  readonly binding: Binding;
}

const LINE_BREAK = /\r\n?|[\n\u2028\u2029]/g;

export class SourceModule {
  readonly url: string;
  readonly text: string;
  /** Then assignments may be in texts that nobody sees. */
  readonly callsEval: boolean;
  #lineStarts: readonly number[] | null = null;
  /** undefined = not parsed yet. */
  #program: Program | null | undefined;
  #imports: readonly Import[] | null = null;
  #bindings: Bindings | null = null;

  constructor(url: string) {
    this.url = url;
    this.text = readFileSync(fileURLToPath(url), "utf8");
    this.callsEval = /\beval\s*\(/.test(this.text);
  }

  /** null = it cannot be parsed. */
  get program(): Program | null {
    if (this.#program === undefined) {
      this.#program = parsed(this.text, "module") ?? parsed(this.text, "script");
    }
    return this.#program;
  }

  get bindings(): Bindings | null {
    if (this.#bindings === null && this.program !== null) {
      this.#bindings = new Bindings(this.program);
    }
    return this.#bindings;
  }

  /** The imports of this module that name files, not packages. */
  get imports(): readonly Import[] {
    this.#imports ??= (this.program?.body ?? []).flatMap((node): readonly Import[] => {
      const source = "source" in node ? node.source : null;
      if (typeof source?.value !== "string") return [];
      return /^(\.{0,2}\/|file:)/.test(source.value)
        ? [{ node, url: new URL(source.value, this.url).href }]
        : [];
    });
    return this.#imports;
  }

  /** Where a text that covers a place starts; null = it does not stand there. Line and column from 0. */
  startOf(text: string, line: number, column: number): number | null {
    const offset = (this.#starts()[line] ?? Number.POSITIVE_INFINITY) + column;
    const start = this.text.lastIndexOf(text, offset);
    return start >= 0 && start + text.length > offset ? start : null;
  }

  /** The node with this text. */
  nodeAt(start: number, end: number): AnyNode | null {
    if (this.program === null) return null;
    const around = (node: Node): boolean => node.start <= start && node.end >= end;
    for (const node of walk(this.program, around)) {
      if (node.start === start && node.end === end) return node;
    }
    return null;
  }

  /** `src/job.ts:12:7`, in the file the user wrote. */
  placeOf(offset: number): string {
    const starts = this.#starts();
    let line = starts.findLastIndex((start) => start <= offset);
    let column = offset - (starts[line] ?? 0);
    let url = this.url;
    const entry = findSourceMap(url)?.findEntry(line, column);
    if (entry !== undefined && "originalSource" in entry) {
      url = entry.originalSource;
      line = entry.originalLine;
      column = entry.originalColumn;
    }
    return `${shownPath(url)}:${line + 1}:${column + 1}`;
  }

  #starts(): readonly number[] {
    this.#lineStarts ??= [
      0,
      ...[...this.text.matchAll(LINE_BREAK)].map((m) => m.index + m[0].length),
    ];
    return this.#lineStarts;
  }
}

function parsed(text: string, sourceType: "module" | "script"): Program | null {
  try {
    return loadAcorn().parse(text, {
      ecmaVersion: "latest",
      sourceType,
      allowReturnOutsideFunction: sourceType === "script",
      allowHashBang: true,
    });
  } catch {
    return null;
  }
}

function shownPath(url: string): string {
  const path = url.startsWith("file:") ? fileURLToPath(url) : url;
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}
