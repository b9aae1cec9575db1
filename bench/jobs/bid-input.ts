/** Columns of bids that the benchmark built beforehand: see bench-input.ts. */
import type { ColumnArray } from "../../dataplane/connectors/batch-source.ts";

const KEY = Symbol.for("millrace.bench.bid-columns");
const holder = globalThis as { [KEY]?: readonly ColumnArray[] };

export function setBidColumns(columns: readonly ColumnArray[] | undefined): void {
  if (columns === undefined) delete holder[KEY];
  else holder[KEY] = columns;
}

export function bidColumns(): readonly ColumnArray[] {
  const columns = holder[KEY];
  if (columns === undefined) throw new TypeError("The benchmark has set no bids.");
  return columns;
}
