/**
 * A fold as one AssemblyScript module: the function of a reduce(), or createAccumulator() and add() of an
 * AggregateFunction. Its program reads the value so far at path [0] and the next record at [1], and emits a
 * value; see worker/operators/row-folder.ts. The first value of a key is its first record, or what a program
 * of its own makes of that.
 *
 * export fold(view, first, values, sources, from, count): folds rows `from` to `count` of the run that
 * begins at row `first` of the view, each into a row of `values`, and appends the results there. A status;
 * `nextRow` says where it stopped.
 */
import { inputPaths, type Path, pathKey } from "../front/usage.ts";
import type { IrType, Program } from "../ir.ts";
import { columnsOf, type Leaf, leavesOf } from "./columns.ts";
import { type FusedModule, outputLines, refused, sourceText } from "./fused-module.ts";
import { ModuleSource } from "./module-source.ts";
import { askedNulls, NullBits } from "./nulls.ts";
import { operatorFunctionLines } from "./operator-function.ts";
import { columnLines, columnValue, readName, rowWords, validityLines } from "./row-reads.ts";

export interface FoldPrograms {
  /** For the comment at the head of the module. */
  readonly about: string;
  readonly program: Program;
  /** Makes the first value of a key; absent = it is the record. */
  readonly start?: Program;
}

export function foldModule({ about, program, start }: FoldPrograms): FusedModule {
  const source = new ModuleSource();
  const value = program.outputType;
  const record = program.inputType.kind === "TUPLE" ? program.inputType.fields[1] : undefined;
  if (record === undefined) throw new TypeError("a fold reads pairs");
  const [leaves, columns] = [leavesOf(value), leavesOf(record)];
  if (leaves === null || columns === null) return refused(leaves === null ? value : record);
  const taken = leaves.map(() => true);
  // The first record of a key has nulls anywhere.
  const nextNulls = new NullBits(value, placesOf(value));
  const calls = [program, ...(start === undefined ? [] : [start])].map((own, index): FoldCall => {
    const used = inputPaths(own.body);
    const at = (side: number, all: readonly Leaf[]): readonly Leaf[] =>
      all
        .map((leaf) => ({ ...leaf, path: [side, ...leaf.path] }))
        .filter(({ path }) => used.has(pathKey(path)));
    const [values, records] = [at(0, leaves), at(1, columns)];
    // The two as a whole are never null.
    const asked = askedNulls(own, nextNulls).filter((path) => path.length > 1);
    const nulls = new NullBits(own.inputType, asked);
    const call = { name: `operator${index}`, values, records, nulls };
    const operator = { ...call, isInlined: false, program: own, taken, nextNulls };
    source.add(
      operatorFunctionLines(
        { ...operator, leaves: [...values, ...records], next: "output" },
        source,
      ),
    );
    return call;
  });
  const passed = leaves.map(() => null);
  const plan = { taken: [taken], passed, nulls: [nextNulls], isOneToOne: true };
  source.add(outputLines(leaves, plan, source));
  source.add(foldLines({ value, record, columns, calls }, source));
  return sourceText(source, [about]);
}

/** Leaves of a record, and records within it. */
function placesOf(record: IrType): readonly Path[] {
  return [...columnsOf(record).keys()].map((key) => (key === "" ? [] : key.split(".").map(Number)));
}

/** The function of a program. */
interface FoldCall {
  readonly name: string;
  /** Leaves read of the value so far, and of the next record. */
  readonly values: readonly Leaf[];
  readonly records: readonly Leaf[];
  /** In these two. */
  readonly nulls: NullBits;
}

interface Fold {
  readonly value: IrType;
  readonly record: IrType;
  /** All leaves of a record. */
  readonly columns: readonly Leaf[];
  /** Of the fold and, if it has one, of its start. */
  readonly calls: readonly FoldCall[];
}

function foldLines(fold: Fold, source: ModuleSource): readonly string[] {
  const { record, columns, calls } = fold;
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
  const all = new NullBits(record, placesOf(record));
  const called = calls.map((call) => {
    const { name, values, records } = call;
    const words = pairWords(fold, call, source);
    return `${name}(${[...values.map(ofValue), ...records.map(ofRecord), ...words].join(", ")});`;
  });
  const words = rowWords(all, source).map((word) => `hasNulls ? ${word} : 0`);
  const [next, first = `output(${[...columns.map(ofRecord), ...words].join(", ")});`] = called;
  const read = new Set(calls.flatMap(({ records }) => records.map(({ column }) => column)));
  const isWhole = calls.length === 1;
  return [
    "export { nextRow };",
    "",
    "export function fold(view: usize, first: u32, values: usize, sources: usize, from: u32, count: u32): i32 {",
    "  openRows(view, values, from, false);",
    ...columnLines(
      columns.filter(({ column }) => isWhole || read.has(column)),
      source,
    ),
    ...validityLines(all, source),
    "  for (let position = from; position < count; ++position) {",
    "    startRow(position, 0);",
    "    const row = first + position;",
    `    const source = ${source.use("fold-rows", "sourceOf")}(sources, position);`,
    `    if (${source.use("fold-rows", "isFirst")}(source)) ${first}`,
    `    else ${next}`,
    "    if (!endRow()) break;",
    "  }",
    "  return closeRows();",
    "}",
  ];
}

/** The words of the value so far and the next record. */
function pairWords(
  { value, record }: Fold,
  { nulls }: FoldCall,
  source: ModuleSource,
): readonly string[] {
  const nullBit = source.use("row-input", "nullBit");
  const validityOf = source.use("row-input", "validityOf");
  const [values, records] = [columnsOf(value), columnsOf(record)];
  return nulls.texts((column, bit) => {
    const [side, ...path] = nulls.pathOf(column);
    return side === 0
      ? `${nullBit}(${validityOf}(values, ${values.get(pathKey(path)) ?? 0}), source, ${bit})`
      : `${nullBit}(validity${records.get(pathKey(path)) ?? 0}, row, ${bit})`;
  });
}
