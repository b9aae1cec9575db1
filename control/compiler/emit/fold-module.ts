/**
 * The function of a reduce() as one AssemblyScript module. Its program reads two records, the value so
 * far at path [0] and the next record at [1], and emits one; see worker/operators/reduce-segment.ts.
 *
 * export fold(view, first, values, sources, from, count): folds rows `from` to `count` of the run that
 * begins at row `first` of the view, each into a row of `values`, and appends the results there. A status;
 * `nextRow` says where it stopped.
 */
import { inputPaths, type Path, pathKey } from "../front/usage.ts";
import type { IrType } from "../ir.ts";
import { columnsOf, type Leaf, leavesOf } from "./columns.ts";
import {
  type FusedModule,
  type FusedOperator,
  outputLines,
  refused,
  sourceText,
} from "./fused-module.ts";
import { ModuleSource } from "./module-source.ts";
import { askedNulls, NullBits } from "./nulls.ts";
import { operatorFunctionLines } from "./operator-function.ts";
import { columnLines, columnValue, readName, rowWords, validityLines } from "./row-reads.ts";

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
  // The first record of a key has nulls anywhere.
  const nextNulls = new NullBits(record, placesOf(record));
  // The two records as a whole are never null.
  const asked = askedNulls(program, nextNulls).filter((path) => path.length > 1);
  const nulls = new NullBits(program.inputType, asked);
  const operator = {
    name: "operator0",
    isInlined: false,
    program,
    leaves: [...values, ...records],
    next: "output",
    taken,
    nulls,
    nextNulls,
  };
  source.add(operatorFunctionLines(operator, source));
  const passed = leaves.map(() => null);
  const plan = { taken: [taken], passed, nulls: [nextNulls], isOneToOne: true };
  source.add(outputLines(leaves, plan, source));
  source.add(foldLines({ record, leaves, values, records, nulls, all: nextNulls }, source));
  return sourceText(source, [about]);
}

/** Leaves of a record, and records within it. */
function placesOf(record: IrType): readonly Path[] {
  return [...columnsOf(record).keys()].map((key) => (key === "" ? [] : key.split(".").map(Number)));
}

interface Fold {
  readonly record: IrType;
  /** All of a record, which are read of the first one of a key. */
  readonly leaves: readonly Leaf[];
  /** Those read of the value so far, and of the next record. */
  readonly values: readonly Leaf[];
  readonly records: readonly Leaf[];
  /** In these two. */
  readonly nulls: NullBits;
  /** In a record. */
  readonly all: NullBits;
}

function foldLines(fold: Fold, source: ModuleSource): readonly string[] {
  const { leaves, values, records, all } = fold;
  for (const name of ["openRows", "closeRows", "startRow", "endRow", "nextRow"]) {
    source.use("compiled-rows", name);
  }
  const dataOf = source.use("row-input", "dataOf");
  // The builder's columns may move from row to row.
  const ofValue = ({ column, machine }: Leaf): string =>
    machine === "text"
      ? `${source.use("fold-rows", "readValueText")}(values, ${column}, source)`
      : `${readName(machine, source)}(${dataOf}(values, ${column}), source)`;
  const ofRecord = (leaf: Leaf): string => columnValue(leaf, source);
  const words = rowWords(all, source).map((word) => `hasNulls ? ${word} : 0`);
  const first = [...leaves.map(ofRecord), ...words];
  const given = [...values.map(ofValue), ...records.map(ofRecord), ...pairWords(fold, source)];
  return [
    "export { nextRow };",
    "",
    "export function fold(view: usize, first: u32, values: usize, sources: usize, from: u32, count: u32): i32 {",
    "  openRows(view, values, from, false);",
    ...columnLines(leaves, source),
    ...validityLines(all, source),
    "  for (let position = from; position < count; ++position) {",
    "    startRow(position, 0);",
    "    const row = first + position;",
    `    const source = ${source.use("fold-rows", "sourceOf")}(sources, position);`,
    `    if (${source.use("fold-rows", "isFirst")}(source)) output(${first.join(", ")});`,
    `    else operator0(${given.join(", ")});`,
    "    if (!endRow()) break;",
    "  }",
    "  return closeRows();",
    "}",
  ];
}

/** The words of the value so far and the next record. */
function pairWords({ record, nulls }: Fold, source: ModuleSource): readonly string[] {
  const nullBit = source.use("row-input", "nullBit");
  const validityOf = source.use("row-input", "validityOf");
  const columns = columnsOf(record);
  return nulls.texts((column, bit) => {
    const [side, ...path] = nulls.pathOf(column);
    const own = columns.get(pathKey(path)) ?? 0;
    return side === 0
      ? `${nullBit}(${validityOf}(values, ${own}), source, ${bit})`
      : `${nullBit}(validity${own}, row, ${bit})`;
  });
}
