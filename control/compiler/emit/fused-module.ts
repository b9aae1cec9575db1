/**
 * A run of operators as one AssemblyScript module: a loop over the rows of a view, a function per
 * operator, each calling the next, and an output that writes the columns of a builder. Columns that pass
 * through unchanged are copied behind the loop (run-plan.ts).
 *
 * export process(view, builder, row, skip): a status; `nextRow` and `emitted` say where it stopped. See
 * worker/operators/compiled-segment.ts for what each status means.
 */
import type { DataType } from "../../../dataplane/protocol/types.ts";
import type { Expr, Program } from "../ir.ts";
import { type Leaf, leavesOf, type Machine } from "./columns.ts";
import { withoutDeadColumns } from "./dead-columns.ts";
import { earlyTest, leavesRead, rejectLines } from "./early-test.ts";
import { ModuleSource, STATIC_BYTES_MAX } from "./module-source.ts";
import { leafName, operatorFunctionLines, parameterText } from "./operator-function.ts";
import { columnLines, columnValue } from "./row-reads.ts";
import { type PlannedOperator, planRun, type RunPlan } from "./run-plan.ts";

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
  const planned: PlannedOperator[] = [];
  for (const program of withoutDeadColumns(operators.map(({ program }) => program))) {
    const leaves = leavesOf(program.inputType);
    if (leaves === null) return refused(program.inputType);
    planned.push({ program, leaves });
  }
  const outputs = leavesOf(last.program.outputType);
  if (outputs === null) return refused(last.program.outputType);
  const plan = planRun(planned, outputs);
  if (!plan.isCopy) source.add(...rowLines(planned, outputs, plan, source));
  const leaves = takenOf(planned[0]?.leaves ?? [], plan.taken[0]);
  const test = plan.isCopy ? null : earlyTest(planned[0]?.program ?? first.program);
  if (test !== null) {
    const parameters = leavesRead(test, leaves).map((leaf) => parameterText(leaf, source));
    source.add(rejectLines(test, parameters, { source, integers: new Set(), inputName: leafName }));
  }
  source.add(processLines({ leaves, test }, outputs, plan, source));
  return sourceText(
    source,
    operators.map(({ about }) => about),
  );
}

/** What is written, if it may be compiled. */
export function sourceText(source: ModuleSource, about: readonly string[]): FusedModule {
  if (source.staticBytes > STATIC_BYTES_MAX) {
    return { ok: false, reason: `its string constants take more than ${STATIC_BYTES_MAX} bytes` };
  }
  if (source.refusal !== null) return { ok: false, reason: source.refusal };
  const text = source.text(about);
  if (text.length > TEXT_MAX) return { ok: false, reason: "the generated code is too long" };
  return { ok: true, text };
}

export function refused(type: DataType): FusedModule {
  return { ok: false, reason: `records with a LIST (${type.kind}) are not compiled` };
}

const PUTS: Readonly<Record<Machine, string>> = {
  f64: "putF64",
  i32: "putI32",
  i64: "putI64",
  bool: "putBool",
  text: "putText",
};

/** The functions that a row goes through. */
function rowLines(
  operators: readonly PlannedOperator[],
  outputs: readonly Leaf[],
  plan: RunPlan,
  source: ModuleSource,
): readonly (readonly string[])[] {
  const functions = operators.map(({ program, leaves }, index) => {
    const name = `operator${index}`;
    const next = index + 1 === operators.length ? "output" : `operator${index + 1}`;
    const taken = plan.taken[index + 1] ?? [];
    const given = takenOf(leaves, plan.taken[index]);
    return operatorFunctionLines({ name, program, leaves: given, next, taken }, source);
  });
  return [...functions, outputLines(outputs, plan, source)];
}

function takenOf(leaves: readonly Leaf[], taken: readonly boolean[] = []): readonly Leaf[] {
  return leaves.filter((_, index) => taken[index] === true);
}

export function outputLines(
  outputs: readonly Leaf[],
  { taken, passed }: Pick<RunPlan, "taken" | "passed">,
  source: ModuleSource,
): readonly string[] {
  const leaves = takenOf(outputs, taken.at(-1));
  const parameters = leaves.map((leaf) => parameterText(leaf, source));
  const puts = leaves.map((leaf) => {
    if (passed[outputs.indexOf(leaf)] !== null) {
      return `  ${source.use("row-output", "countText")}(${leafName(leaf.path)});`;
    }
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

const PASSES: Readonly<Record<Machine, string>> = {
  f64: "passFixed64",
  i32: "passFixed32",
  i64: "passFixed64",
  bool: "passBits",
  text: "passTexts",
};

interface RowLoop {
  /** Of the input, those that are read row by row. */
  readonly leaves: readonly Leaf[];
  /** Asked before all else (early-test.ts). */
  readonly test: Expr | null;
}

function processLines(
  loop: RowLoop,
  outputs: readonly Leaf[],
  plan: RunPlan,
  source: ModuleSource,
): readonly string[] {
  for (const name of ["openRows", "closeRows", "rowCountOf", "nextRow", "emitted"]) {
    source.use("compiled-rows", name);
  }
  const rows = plan.isCopy
    ? [`  ${source.use("compiled-rows", "takeRows")}(rowCountOf(view) - from);`]
    : loopLines(loop, source);
  return [
    "export { nextRow, emitted };",
    "",
    "export function process(view: usize, builder: usize, from: u32, skip: u32): i32 {",
    `  openRows(view, builder, from, ${!plan.isOneToOne});`,
    ...rows,
    ...(plan.isOneToOne ? passLines(outputs, plan, source) : []),
    "  return closeRows();",
    "}",
  ];
}

function loopLines({ leaves, test }: RowLoop, source: ModuleSource): readonly string[] {
  const valuesOf = (read: readonly Leaf[]): string =>
    read.map((leaf) => columnValue(leaf, source)).join(", ");
  for (const name of ["startRow", "endRow"]) source.use("compiled-rows", name);
  return [
    ...columnLines(leaves, source),
    "  const rows = rowCountOf(view);",
    "  let row = from;",
    "  for (; row < rows; ++row) {",
    ...(test === null ? [] : [`    if (rejects(${valuesOf(leavesRead(test, leaves))})) continue;`]),
    "    startRow(row, row === from ? skip : 0);",
    `    operator0(${valuesOf(leaves)});`,
    "    if (!endRow()) break;",
    "  }",
    ...(test === null
      ? []
      : [`  if (row === rows) ${source.use("compiled-rows", "passRows")}(rows);`]),
  ];
}

/** Columns that are copied as a whole, for the rows that were emitted. */
function passLines(
  outputs: readonly Leaf[],
  { passed }: RunPlan,
  source: ModuleSource,
): readonly string[] {
  const copies = outputs.flatMap(({ column, machine }, index) => {
    const leaf = passed[index] ?? null;
    if (leaf === null) return [];
    const pass = source.use("passed-columns", PASSES[machine]);
    return [`  ${pass}(view, ${leaf.column}, builder, ${column}, from, count);`];
  });
  return [
    `  const count = ${source.use("row-output", "outputRows")}();`,
    ...copies,
    `  ${source.use("passed-columns", "passTimestamps")}(view, builder, from, count);`,
  ];
}
