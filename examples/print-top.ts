import Table from "cli-table3";

/** Prints the most frequent words as a table; among equals in alphabetical order. */
export function printTop(counts: readonly (readonly [string, number])[], limit: number): void {
  const top = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, limit);
  const table = new Table({ head: ["word", "count"], style: { head: [], border: [] } });
  for (const [word, count] of top) table.push([word, count]);
  console.log(table.toString());
}
