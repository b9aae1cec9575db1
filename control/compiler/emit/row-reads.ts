/** How generated code reads the columns of a view row by row (assembly/js/row-input.ts). */
import type { Leaf, Machine } from "./columns.ts";
import type { ModuleSource } from "./module-source.ts";

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
