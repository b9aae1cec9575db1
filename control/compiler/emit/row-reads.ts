/** How generated code reads the columns of a view row by row (assembly/js/row-input.ts). */
import type { Leaf, Machine } from "./columns.ts";
import type { ModuleSource } from "./module-source.ts";
import type { NullBits } from "./nulls.ts";

const READS: Readonly<Record<Machine, string>> = {
  f64: "readF64",
  i32: "readI32",
  i64: "readI64",
  bool: "readBool",
  text: "readText",
};

/** Name of the function that reads such a value. */
export function readName(machine: Machine, source: ModuleSource): string {
  return source.use("row-input", READS[machine]);
}

/** Constants that say where the columns of `view` lie. */
export function columnLines(leaves: readonly Leaf[], source: ModuleSource): readonly string[] {
  const dataOf = source.use("row-input", "dataOf");
  return leaves.flatMap(({ column, machine }) => [
    `  const data${column} = ${dataOf}(view, ${column});`,
    ...(machine === "text"
      ? [`  const heap${column} = ${source.use("row-input", "heapOf")}(view, ${column});`]
      : []),
  ]);
}

/** A leaf's value in row `row`, where columnLines() stands before. */
export function columnValue({ column, machine }: Leaf, source: ModuleSource): string {
  const heap = machine === "text" ? `heap${column}, ` : "";
  return `${readName(machine, source)}(data${column}, ${heap}row)`;
}

/** Validity of the view's columns whose nulls matter. */
export function validityLines(nulls: NullBits, source: ModuleSource): readonly string[] {
  const wanted = nulls.words.flatMap((word) => nulls.columnsIn(word));
  if (wanted.length === 0) return [];
  const validityOf = source.use("row-input", "validityOf");
  return [
    ...wanted.map((column) => `  const validity${column} = ${validityOf}(view, ${column});`),
    `  const hasNulls = (${wanted.map((column) => `validity${column}`).join(" | ")}) !== 0;`,
  ];
}

/** The words of the view's row. */
export function rowWords(nulls: NullBits, source: ModuleSource): readonly string[] {
  const nullBit = source.use("row-input", "nullBit");
  return nulls.texts((column, bit) => `${nullBit}(validity${column}, row, ${bit})`);
}
