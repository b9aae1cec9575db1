/** The function of a generated module that its caller knows: the loop over rows, and what is copied behind it. */
import type { Expr } from "../ir.ts";
import type { Leaf, Machine } from "./columns.ts";
import { leavesRead } from "./early-test.ts";
import type { ModuleSource } from "./module-source.ts";
import { columnLines, columnValue, rowWords, validityLines } from "./row-reads.ts";
import { nullsAt, type RunPlan } from "./run-plan.ts";

const PASSES: Readonly<Record<Machine, string>> = {
  f64: "passFixed64",
  i32: "passFixed32",
  i64: "passFixed64",
  bool: "passBits",
  text: "passTexts",
};

/** Whether rows go through the functions of the operators. */
export function hasLoop(plan: RunPlan): boolean {
  return !plan.isCopy || nullsAt(plan, 0).words.length > 0;
}

/** What rows go through. */
export interface RowLoop {
  /** Of the input, those that are read row by row. */
  readonly leaves: readonly Leaf[];
  /** Asked before all else where there are no nulls (early-test.ts). */
  readonly test: Expr | null;
}

export function processLines(
  loop: RowLoop,
  outputs: readonly Leaf[],
  plan: RunPlan,
  source: ModuleSource,
): readonly string[] {
  for (const name of ["openRows", "closeRows", "rowCountOf", "nextRow", "emitted"]) {
    source.use("compiled-rows", name);
  }
  return [
    "export { nextRow, emitted };",
    "",
    "export function process(view: usize, builder: usize, from: u32, skip: u32): i32 {",
    `  openRows(view, builder, from, ${!plan.isOneToOne});`,
    ...rowsLines(loop, plan, source),
    ...(plan.isOneToOne ? passLines(outputs, plan, source) : []),
    "  return closeRows();",
    "}",
  ];
}

/** What is done with the rows: apart where there may be nulls, so that elsewhere they cost nothing. */
function rowsLines(loop: RowLoop, plan: RunPlan, source: ModuleSource): readonly string[] {
  const nulls = nullsAt(plan, 0);
  const columns = columnLines(loop.leaves, source);
  const none = nulls.words.map(() => "0");
  const plain = plan.isCopy
    ? [`  ${source.use("compiled-rows", "takeRows")}(rowCountOf(view) - from);`]
    : loopLines(loop, none, source);
  if (nulls.words.length === 0) return [...columns, ...plain];
  const words = rowWords(nulls, source);
  const withNulls = loopLines({ ...loop, test: null }, words, source);
  return [
    ...columns,
    ...validityLines(nulls, source),
    "  if (!hasNulls) {",
    ...plain.map(indented),
    "  } else {",
    ...withNulls.map(indented),
    "  }",
  ];
}

function indented(line: string): string {
  return `  ${line}`;
}

/** @param words the nulls of a row */
function loopLines(
  { leaves, test }: RowLoop,
  words: readonly string[],
  source: ModuleSource,
): readonly string[] {
  const valuesOf = (read: readonly Leaf[]): readonly string[] =>
    read.map((leaf) => columnValue(leaf, source));
  for (const name of ["startRow", "endRow"]) source.use("compiled-rows", name);
  return [
    "  const rows = rowCountOf(view);",
    "  let row = from;",
    "  for (; row < rows; ++row) {",
    ...(test === null
      ? []
      : [`    if (rejects(${valuesOf(leavesRead(test, leaves)).join(", ")})) continue;`]),
    "    startRow(row, row === from ? skip : 0);",
    `    operator0(${[...valuesOf(leaves), ...words].join(", ")});`,
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
  { passed, passedNulls }: RunPlan,
  source: ModuleSource,
): readonly string[] {
  const copies = outputs.flatMap(({ column, machine }, index) => {
    const leaf = passed[index] ?? null;
    if (leaf === null) return [];
    const pass = source.use("passed-columns", PASSES[machine]);
    return [`  ${pass}(view, ${leaf.column}, builder, ${column}, from, count);`];
  });
  const nulls = passedNulls.map(({ from, to }) => {
    const pass = source.use("passed-columns", "passNulls");
    return `  ${pass}(view, ${from}, builder, ${to}, from, count);`;
  });
  return [
    `  const count = ${source.use("row-output", "outputRows")}();`,
    ...copies,
    ...nulls,
    `  ${source.use("passed-columns", "passTimestamps")}(view, builder, from, count);`,
  ];
}
