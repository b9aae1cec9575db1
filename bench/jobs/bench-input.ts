/**
 * Columns a benchmark built beforehand, for the job it submits: job modules are bundled, so they share no
 * module state with the benchmark, but they share the process.
 */
import type { KeyValueColumns } from "../random.ts";

const KEY = Symbol.for("millrace.bench.key-value-columns");
const holder = globalThis as { [KEY]?: KeyValueColumns };

export function setKeyValueInput(columns: KeyValueColumns | undefined): void {
  if (columns === undefined) delete holder[KEY];
  else holder[KEY] = columns;
}

export function keyValueInput(): KeyValueColumns {
  const columns = holder[KEY];
  if (columns === undefined) throw new TypeError("The benchmark has set no input.");
  return columns;
}
