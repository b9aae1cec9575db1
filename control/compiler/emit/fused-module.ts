/**
 * A run of operators as one AssemblyScript module: a loop over the rows of a view, a function per
 * operator, each calling the next, and an output that writes the columns of a builder.
 *
 * export process(view, builder, row, skip): a status; `nextRow` and `emitted` say where it stopped. See
 * worker/operators/compiled-segment.ts for what each status means.
 */
import type { DataType } from "../../../dataplane/protocol/types.ts";
import type { Program } from "../ir.ts";
import { asType, type Leaf, leavesOf, type Machine } from "./columns.ts";
import { ModuleSource, STATIC_BYTES_MAX } from "./module-source.ts";
import { leafName, operatorFunctionLines } from "./operator-function.ts";

export interface FusedOperator {
  /** For the comment at the head of the module. */
  readonly about: string;
  readonly program: Program;
}

export type FusedModule =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** Generated code over this many characters is not compiled. */
const TEXT_MAX = 262_144;

export function fusedModule(operators: readonly FusedOperator[]): FusedModule {
  const [first] = operators;
  const last = operators.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("a module needs an operator");
  const source = new ModuleSource();
  for (const [index, { program }] of operators.entries()) {
    const leaves = leavesOf(program.inputType);
    if (leaves === null) return refused(program.inputType);
    const next = index + 1 === operators.length ? "output" : `operator${index + 1}`;
    source.add(operatorFunctionLines({ name: `operator${index}`, program, leaves, next }, source));
  }
  const outputs = leavesOf(last.program.outputType);
  if (outputs === null) return refused(last.program.outputType);
  source.add(outputLines(outputs, source));
  source.add(processLines(leavesOf(first.program.inputType) ?? [], source));
  if (source.staticBytes > STATIC_BYTES_MAX) {
    return { ok: false, reason: `its string constants take more than ${STATIC_BYTES_MAX} bytes` };
  }
  if (source.refusal !== null) return { ok: false, reason: source.refusal };
  const text = source.text(operators.map(({ about }) => about));
  if (text.length > TEXT_MAX) return { ok: false, reason: "the generated code is too long" };
  return { ok: true, text };
}

function refused(type: DataType): FusedModule {
  return { ok: false, reason: `records with a LIST (${type.kind}) are not compiled` };
}

const PUTS: Readonly<Record<Machine, string>> = {
  f64: "putF64",
  i32: "putI32",
  i64: "putI64",
  bool: "putBool",
  text: "putText",
};

function outputLines(leaves: readonly Leaf[], source: ModuleSource): readonly string[] {
  const parameters = leaves.map((leaf) => `${leafName(leaf.path)}: ${parameterType(leaf, source)}`);
  const puts = leaves.map((leaf) => {
    const put = source.use("row-output", PUTS[leaf.machine]);
    return `  ${put}(${leaf.column}, ${leafName(leaf.path)});`;
  });
  return [
    "@inline",
    `function output(${parameters.join(", ")}): void {`,
    `  if (!${source.use("row-output", "outputBegin")}()) return;`,
    ...puts,
    `  ${source.use("row-output", "outputEnd")}();`,
    "}",
  ];
}

function parameterType(leaf: Leaf, source: ModuleSource): string {
  const type = asType(leaf.type);
  return type === "Text" ? source.use("text", "Text") : type;
}

const READS: Readonly<Record<Machine, string>> = {
  f64: "readF64",
  i32: "readI32",
  i64: "readI64",
  bool: "readBool",
  text: "readText",
};

function processLines(leaves: readonly Leaf[], source: ModuleSource): readonly string[] {
  const dataOf = source.use("row-input", "dataOf");
  const columns = leaves.flatMap(({ column, machine }) => [
    `  const data${column} = ${dataOf}(view, ${column});`,
    ...(machine === "text"
      ? [`  const heap${column} = ${source.use("row-input", "heapOf")}(view, ${column});`]
      : []),
  ]);
  const values = leaves.map(({ column, machine }) => {
    const heap = machine === "text" ? `heap${column}, ` : "";
    return `${source.use("row-input", READS[machine])}(data${column}, ${heap}row)`;
  });
  const loop = source.use("compiled-rows", "openRows");
  for (const name of ["closeRows", "startRow", "endRow", "rowCountOf", "nextRow", "emitted"]) {
    source.use("compiled-rows", name);
  }
  return [
    "export { nextRow, emitted };",
    "",
    "export function process(view: usize, builder: usize, from: u32, skip: u32): i32 {",
    `  ${loop}(view, builder, from);`,
    ...columns,
    "  const rows = rowCountOf(view);",
    "  for (let row = from; row < rows; ++row) {",
    "    startRow(row, row === from ? skip : 0);",
    `    operator0(${values.join(", ")});`,
    "    if (!endRow()) break;",
    "  }",
    "  return closeRows();",
    "}",
  ];
}
