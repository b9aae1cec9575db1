/**
 * The function of a reduce() as one AssemblyScript module. Its program reads two records, the value so
 * far at path [0] and the next record at [1], and emits one; see worker/operators/reduce-segment.ts.
 *
 * export fold(view, first, values, sources, from, count): folds rows `from` to `count` of the run that
 * begins at row `first` of the view, each into a row of `values`, and appends the results there. A status;
 * `nextRow` says where it stopped.
 */
import { type Leaf, leavesOf } from "./columns.ts";
import {
  type FusedModule,
  type FusedOperator,
  outputLines,
  refused,
  sourceText,
} from "./fused-module.ts";
import { inputPaths, pathKey } from "./input-paths.ts";
import { ModuleSource } from "./module-source.ts";
import { operatorFunctionLines } from "./operator-function.ts";
import { columnLines, columnValue, readName } from "./row-reads.ts";

export function foldModule({ about, program }: FusedOperator): FusedModule {
  const record = program.outputType;
  const leaves = leavesOf(record);
  if (leaves === null) return refused(record);
  const used = inputPaths(program.body);
  const ofInput = (index: number): readonly Leaf[] =>
    leaves
      .map((leaf) => ({ ...leaf, path: [index, ...leaf.path] }))
      .filter(({ path }) => used.has(pathKey(path)));
  const [values, records] = [ofInput(0), ofInput(1)];
  const source = new ModuleSource();
  const taken = leaves.map(() => true);
  const name = "operator0";
  const given = [...values, ...records];
  source.add(
    operatorFunctionLines({ name, program, leaves: given, next: "output", taken }, source),
  );
  const passed = leaves.map(() => null);
  source.add(outputLines(leaves, { taken: [taken], passed }, source));
  source.add(foldLines(leaves, values, records, source));
  return sourceText(source, [about]);
}

/** @param leaves of a record, all of which are read of the first one of a key */
function foldLines(
  leaves: readonly Leaf[],
  values: readonly Leaf[],
  records: readonly Leaf[],
  source: ModuleSource,
): readonly string[] {
  for (const name of ["openRows", "closeRows", "startRow", "endRow", "nextRow"]) {
    source.use("compiled-rows", name);
  }
  const ofRecord = (leaf: Leaf): string => columnValue(leaf, source);
  // The builder's columns may move from row to row.
  const ofValue = ({ column, machine }: Leaf): string =>
    machine === "text"
      ? `${source.use("fold-rows", "readValueText")}(values, ${column}, source)`
      : `${readName(machine, source)}(${source.use("row-input", "dataOf")}(values, ${column}), source)`;
  const given = [...values.map(ofValue), ...records.map(ofRecord)];
  return [
    "export { nextRow };",
    "",
    "export function fold(view: usize, first: u32, values: usize, sources: usize, from: u32, count: u32): i32 {",
    "  openRows(view, values, from, false);",
    ...columnLines(leaves, source),
    "  for (let position = from; position < count; ++position) {",
    "    startRow(position, 0);",
    "    const row = first + position;",
    `    const source = ${source.use("fold-rows", "sourceOf")}(sources, position);`,
    `    if (${source.use("fold-rows", "isFirst")}(source)) output(${leaves.map(ofRecord).join(", ")});`,
    `    else operator0(${given.join(", ")});`,
    "    if (!endRow()) break;",
    "  }",
    "  return closeRows();",
    "}",
  ];
}
