/**
 * One operator's program as a function of the generated module. Its parameters are the leaves of the
 * input record; for what it emits it calls the function of the next operator, or the module's output.
 */
import type { DataType } from "../../../dataplane/protocol/types.ts";
import { presentOf } from "../front/nulls.ts";
import { pathKey, usedInputs } from "../front/usage.ts";
import { leavesOf } from "../front/visit.ts";
import type { Expr, Program, Statement, Value } from "../ir.ts";
import { asType, type Leaf, type Machine } from "./columns.ts";
import {
  type ExpressionScope,
  expressionText,
  integerText,
  localName,
  suffixed,
} from "./expressions.ts";
import { integerLocals } from "./integers.ts";
import { jsonReaderLines } from "./json-reader.ts";
import { jsonShapeBlock } from "./json-shape.ts";
import type { ModuleSource } from "./module-source.ts";
import { type NullBits, nullArguments, wordName } from "./nulls.ts";

export interface OperatorFunction {
  readonly name: string;
  /** Written where it is called. */
  readonly isInlined: boolean;
  readonly program: Program;
  /** Leaves of its input that are handed to it. */
  readonly leaves: readonly Leaf[];
  /** Function that takes what is emitted. */
  readonly next: string;
  /** Which leaves of it that function takes. */
  readonly taken: readonly boolean[];
  /** The nulls in its input that it is told. */
  readonly nulls: NullBits;
  /** The nulls in what is emitted that `next` is told. */
  readonly nextNulls: NullBits;
}

/** Name of the parameter for a leaf. */
export function leafName(path: readonly number[]): string {
  return path.length === 0 ? "value" : `field${path.join("_")}`;
}

export function operatorFunctionLines(
  operator: OperatorFunction,
  source: ModuleSource,
): readonly string[] {
  const { name, isInlined, program, leaves, nulls } = operator;
  const scope: ExpressionScope = {
    source,
    integers: integerLocals(program.body),
    inputName: leafName,
    isNullText: (path) => nulls.test(path),
  };
  const parameters = leaves.map((leaf) => parameterText(leaf, source));
  const body = new Statements(scope, operator);
  body.addAll(program.body, 1);
  return [
    ...(isInlined ? ["@inline"] : []),
    `function ${name}(${[...parameters, ...nulls.parameters].join(", ")}): void {`,
    ...neutralLines(program, leaves, nulls, source),
    ...body.lines,
    "}",
  ];
}

/** Leaves that are read have a neutral value where they are null. */
function neutralLines(
  program: Program,
  leaves: readonly Leaf[],
  nulls: NullBits,
  source: ModuleSource,
): readonly string[] {
  const used = new Set(usedInputs(program).map(pathKey));
  const read = leaves.filter(({ path }) => used.has(pathKey(path)) && nulls.has(path));
  if (read.length === 0) return [];
  const hasNulls = nulls.words.map(wordName).join(" | ");
  const lines = read.map(({ path, machine }) => {
    const neutral = neutralText(machine, source);
    return `    if (${nulls.test(path)}) ${leafName(path)} = ${neutral};`;
  });
  return [`  if ((${hasNulls}) !== 0) {`, ...lines, "  }"];
}

function neutralText(machine: Machine, source: ModuleSource): string {
  if (machine === "text") return source.use("text", "EMPTY_TEXT");
  return machine === "bool" ? "false" : "0";
}

/** Of a function that is given a leaf. */
export function parameterText({ path, type }: Leaf, source: ModuleSource): string {
  return `${leafName(path)}: ${textual(type, source)}`;
}

/** AssemblyScript type, imported if it has to be. */
function textual(type: DataType, source: ModuleSource): string {
  const text = asType(type);
  return text === "Text" ? source.use("text", "Text") : text;
}

class Statements {
  readonly lines: string[] = [];
  readonly #scope: ExpressionScope;
  readonly #operator: OperatorFunction;
  #loops = 0;

  constructor(scope: ExpressionScope, operator: OperatorFunction) {
    this.#scope = scope;
    this.#operator = operator;
  }

  addAll(statements: readonly Statement[], depth: number): void {
    for (const statement of statements) this.#add(statement, depth);
  }

  #add(statement: Statement, depth: number): void {
    switch (statement.do) {
      case "let":
        this.#line(depth, `let ${this.#declared(statement)} = ${this.#assigned(statement)};`);
        break;
      case "set":
        this.#line(depth, `${localName(statement.id)} = ${this.#assigned(statement)};`);
        break;
      case "if":
        this.#addIf(statement, depth);
        break;
      case "while":
        this.#addWhile(statement, depth);
        break;
      case "each":
        if (splitByte(statement.list) === null) this.#addEach(statement, depth);
        else this.#addSplit(statement, depth);
        break;
      case "json":
        this.#addJson(statement, depth);
        break;
      case "emit":
        this.#addEmit(statement.value, depth);
        break;
      case "give-up":
        this.#line(depth, `${this.#scope.source.use("give-up", "giveUp")}();`);
        break;
    }
  }

  #declared({ id, type }: Extract<Statement, { do: "let" }>): string {
    const { integers, source } = this.#scope;
    return `${localName(id)}: ${integers.has(id) ? "i32" : textual(type, source)}`;
  }

  #assigned({ id, value }: Extract<Statement, { do: "let" | "set" }>): string {
    return this.#scope.integers.has(id) ? integerText(value, this.#scope) : this.#text(value);
  }

  #addIf(statement: Extract<Statement, { do: "if" }>, depth: number): void {
    this.#line(depth, `if (${this.#text(statement.test)}) {`);
    this.addAll(statement.then, depth + 1);
    if (statement.else.length > 0) {
      this.#line(depth, "} else {");
      this.addAll(statement.else, depth + 1);
    }
    this.#line(depth, "}");
  }

  #addJson({ text, shape }: Extract<Statement, { do: "json" }>, depth: number): void {
    const { source } = this.#scope;
    const { bytes, stateBytes, slots } = jsonShapeBlock(shape, source);
    const [block, state] = [source.block(bytes), source.block(stateBytes)];
    const [document] = this.#names("document");
    this.#line(depth, `const ${document} = ${this.#text(text)};`);
    const isRead = source.define(state, "readJson", (name) =>
      jsonReaderLines(name, { shape, slots, state }, source),
    );
    const read = source.use("json", "jsonRead");
    this.#line(depth, `if (!${isRead}(${document})) ${read}(${document}, ${block}, ${state});`);
    for (const { id, type, offset } of slots) {
      const get = source.use("json", suffixed("json", type));
      const value = `${get}(${state}, ${offset})`;
      this.#line(depth, `let ${localName(id)}: ${textual(type, source)} = ${value};`);
    }
  }

  #addWhile(statement: Extract<Statement, { do: "while" }>, depth: number): void {
    // A loop of the user's may be endless: after so many turns JavaScript has it, under its own rules.
    const turns = `turns${this.#loops++}`;
    const giveUp = this.#scope.source.use("give-up", "giveUp");
    this.#line(depth, `let ${turns}: u32 = 0;`);
    this.#line(depth, `while (${this.#text(statement.test)}) {`);
    this.#line(depth + 1, `if (++${turns} === ${MAX_TURNS}) ${giveUp}();`);
    this.#line(depth + 1, `if (${this.#scope.source.use("give-up", "isStopped")}()) break;`);
    this.addAll(statement.body, depth + 1);
    this.#line(depth, "}");
  }

  #addEach(statement: Extract<Statement, { do: "each" }>, depth: number): void {
    const { source } = this.#scope;
    const [list, count, at] = this.#names("list", "count", "at");
    const get = source.use("list-values", suffixed("listGet", statement.type));
    const element = `${get}(${list}, ${at})`;
    this.#line(depth, `const ${list}: usize = ${this.#text(statement.list)};`);
    this.#line(depth, `const ${count} = ${source.use("list-values", "listCount")}(${list});`);
    this.#line(depth, `for (let ${at}: u32 = 0; ${at} < ${count}; ++${at}) {`);
    this.#elementBody(statement, element, `<f64>${at}`, depth + 1);
    this.#line(depth, "}");
  }

  /** Parts of a string between single bytes, one after the other, without a list of them. */
  #addSplit(statement: Extract<Statement, { do: "each" }>, depth: number): void {
    const { source } = this.#scope;
    const split = statement.list as Extract<Expr, { op: "call" }>;
    const [text, from, end, stop, at] = this.#names("text", "from", "end", "stop", "at");
    const find = source.use("blocks", "findByte");
    const textOf = source.use("text", "textOf");
    const element = `${textOf}(${from}, <u32>(${stop} - ${from}))`;
    this.#line(depth, `const ${text} = ${this.#text(split.args[0] as Expr)};`);
    this.#line(depth, `let ${from}: usize = ${source.use("text", "textPtr")}(${text});`);
    this.#line(
      depth,
      `const ${end}: usize = ${from} + ${source.use("text", "textBytes")}(${text});`,
    );
    this.#line(depth, `for (let ${at}: u32 = 0; ; ++${at}) {`);
    this.#line(depth + 1, `const ${stop} = ${find}(${from}, ${end}, ${splitByte(split)});`);
    this.#elementBody(statement, element, `<f64>${at}`, depth + 1);
    this.#line(depth + 1, `if (${stop} === ${end}) break;`);
    this.#line(depth + 1, `${from} = ${stop} + 1;`);
    this.#line(depth, "}");
  }

  #elementBody(
    statement: Extract<Statement, { do: "each" }>,
    element: string,
    index: string,
    depth: number,
  ): void {
    const { source } = this.#scope;
    const type = textual(statement.type, source);
    this.#line(depth, `const ${localName(statement.id)}: ${type} = ${element};`);
    if (statement.index !== null) {
      this.#line(depth, `const ${localName(statement.index)}: f64 = ${index};`);
    }
    this.addAll(statement.body, depth);
    this.#line(depth, `if (${source.use("give-up", "isStopped")}()) break;`);
  }

  #addEmit(value: Value, depth: number): void {
    const { next, nulls, nextNulls } = this.#operator;
    const words = nullArguments(value, nextNulls, nulls, (expr) => this.#text(expr));
    this.#line(depth, `${next}(${[...this.#arguments(value), ...words].join(", ")});`);
  }

  #arguments(value: Value): readonly string[] {
    const taken = leavesOf(value).filter((_, index) => this.#operator.taken[index] === true);
    return taken.map((leaf) => this.#text(presentOf(leaf)));
  }

  #names<const N extends string[]>(...names: N): { [I in keyof N]: string } {
    const number = this.#loops++;
    return names.map((name) => `${name}${number}`) as { [I in keyof N]: string };
  }

  #text(expr: Expr): string {
    return expressionText(expr, this.#scope);
  }

  #line(depth: number, text: string): void {
    this.lines.push(`${"  ".repeat(depth)}${text}`);
  }
}

const MAX_TURNS = 1_000_000;

/** The byte a text is split at, where that is all there is to it. */
function splitByte(list: Expr): number | null {
  if (list.op !== "call" || list.name !== "string.split") return null;
  const separator = list.args[1];
  if (separator?.op !== "string-literal" || separator.value.length !== 1) return null;
  const byte = separator.value.charCodeAt(0);
  return byte < 0x80 ? byte : null;
}
