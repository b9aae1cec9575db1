/**
 * Nulls of a row in generated code: bits of u64 words, one bit per physical column of the record, words
 * that nobody looks at left out. Without nulls in a batch all words are 0, and one branch per row says so.
 */

import { presentOf } from "../front/nulls.ts";
import { isWithin, type Path, pathKey, usedInputs } from "../front/usage.ts";
import { expressionsOf, leavesOf, operandsOf, visitStatements } from "../front/visit.ts";
import type { Expr, IrType, Program, Value } from "../ir.ts";
import { columnsOf } from "./columns.ts";

export const WORD_BITS = 64;

/** Columns whose nulls matter to whoever takes a record; the key is the path in it. */
export class NullBits {
  /** Words that are passed on, ascending. */
  readonly words: readonly number[];
  readonly #columns: ReadonlyMap<string, number>;
  readonly #wanted: ReadonlyMap<number, Path>;

  constructor(type: IrType, paths: Iterable<Path>) {
    this.#columns = columnsOf(type);
    const wanted = new Map<number, Path>();
    // The record as a whole is never null.
    for (const path of paths) if (path.length > 0) wanted.set(this.columnOf(path), path);
    this.#wanted = wanted;
    this.words = [...new Set([...wanted.keys()].map(wordOf))].sort(ascending);
  }

  columnOf(path: Path): number {
    return this.#columns.get(pathKey(path)) ?? 0;
  }

  /** Columns of a word that are wanted, ascending. */
  columnsIn(word: number): readonly number[] {
    return [...this.#wanted.keys()].filter((column) => wordOf(column) === word).sort(ascending);
  }

  /** Where such a column is in the record. */
  pathOf(column: number): Path {
    return this.#wanted.get(column) ?? [];
  }

  /** The words, of what says whether a column is null: its bit, or 0. */
  texts(nullBit: (column: number, bit: bigint) => string): readonly string[] {
    return this.words.map((word) =>
      this.columnsIn(word)
        .map((column) => nullBit(column, bitOf(column)))
        .join(" | "),
    );
  }

  has(path: Path): boolean {
    return path.length > 0 && this.#wanted.has(this.columnOf(path));
  }

  get parameters(): readonly string[] {
    return this.words.map((word) => `${wordName(word)}: u64`);
  }

  /** Condition that the leaf or record at a path is null; false where nobody has asked, as it never is. */
  test(path: Path): string {
    if (!this.has(path)) return "false";
    const column = this.columnOf(path);
    return `((${wordName(wordOf(column))} & ${maskText(1n << bitOf(column))}) !== 0)`;
  }
}

function ascending(left: number, right: number): number {
  return left - right;
}

export function wordOf(column: number): number {
  return Math.floor(column / WORD_BITS);
}

export function bitOf(column: number): bigint {
  return BigInt(column % WORD_BITS);
}

export function wordName(word: number): string {
  return `nulls${word}`;
}

/** Places in its input of whose nulls a program has to know, if `next` takes what it emits. */
export function askedNulls(program: Program, next: NullBits): readonly Path[] {
  const paths: Path[] = [...usedInputs(program)];
  const visit = (expr: Expr): void => {
    if (expr.op === "is-null") paths.push(expr.path);
    for (const operand of operandsOf(expr)) visit(operand);
  };
  visitStatements(program.body, (statement) => {
    for (const expr of expressionsOf(statement)) visit(expr);
    if (statement.do !== "emit") return;
    for (const leaf of leavesOf(statement.value)) visit(presentOf(leaf));
    for (const { path, isNull } of absences(statement.value, [], [])) {
      if (next.has(path)) visit(isNull);
    }
  });
  return paths;
}

/** Places that may be null in what a program emits. */
export function emittedNulls(program: Program): readonly Path[] {
  const paths: Path[] = [];
  visitStatements(program.body, (statement) => {
    if (statement.do !== "emit") return;
    for (const { path } of absences(statement.value, [], [])) paths.push(path);
  });
  return paths;
}

interface Absence {
  readonly path: Path;
  readonly isNull: Expr;
}

/** What may be null in an emitted value; fields of a record are where it is. */
function absences(value: Value, path: Path, outer: readonly Expr[]): readonly Absence[] {
  const own = value.kind === "record" ? value.isNull : absenceOf(value.value);
  const isNull = own === null ? outer : [...outer.filter((expr) => !isImplied(expr, own)), own];
  const here = isNull.map((expr) => ({ path, isNull: expr }));
  if (value.kind === "scalar") return here;
  const fields = value.fields.flatMap((field, index) => absences(field, [...path, index], isNull));
  return [...here, ...fields];
}

/** Where a record of the input is null, all in it is. */
function isImplied(outer: Expr, own: Expr): boolean {
  return outer.op === "is-null" && own.op === "is-null" && isWithin(own.path, outer.path);
}

function absenceOf(expr: Expr): Expr | null {
  return expr.op === "nullable" ? expr.isNull : null;
}

/** The words for `target` of an emitted value; `input` are those of the program that emits it. */
export function nullArguments(
  value: Value,
  target: NullBits,
  input: NullBits,
  text: (expr: Expr) => string,
): readonly string[] {
  const found = absences(value, [], []).filter(
    ({ path, isNull }) => target.has(path) && (isNull.op !== "is-null" || input.has(isNull.path)),
  );
  return target.words.map((word) => {
    const here = found.filter(({ path }) => wordOf(target.columnOf(path)) === word);
    return wordText(
      here.map(({ path, isNull }) => ({ bit: bitOf(target.columnOf(path)), isNull })),
      input,
      text,
    );
  });
}

interface Bit {
  readonly bit: bigint;
  readonly isNull: Expr;
}

/** Nulls that are passed on move as groups of bits; others are computed one by one. */
function wordText(bits: readonly Bit[], input: NullBits, text: (expr: Expr) => string): string {
  const moved = new Map<string, bigint>();
  const terms: string[] = [];
  for (const { bit, isNull } of bits) {
    if (isNull.op === "is-null") {
      const column = input.columnOf(isNull.path);
      const key = `${wordOf(column)} ${bit - bitOf(column)}`;
      moved.set(key, (moved.get(key) ?? 0n) | (1n << bitOf(column)));
    } else {
      terms.push(`(<u64>${text(isNull)} << ${bit})`);
    }
  }
  for (const [key, mask] of moved) {
    const [word = "0", shift = "0"] = key.split(" ");
    const kept = `(${wordName(Number(word))} & ${maskText(mask)})`;
    const distance = Number(shift);
    if (distance === 0) terms.push(kept);
    else terms.push(distance > 0 ? `(${kept} << ${distance})` : `(${kept} >> ${-distance})`);
  }
  return terms.length === 0 ? "0" : terms.join(" | ");
}

function maskText(mask: bigint): string {
  return `<u64>0x${mask.toString(16)}`;
}
