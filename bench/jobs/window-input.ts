/** Rows with times a benchmark built beforehand, for the job it submits: see bench-input.ts. */
import type { ColumnArray } from "../../dataplane/connectors/batch-source.ts";

export interface WindowInput {
  readonly columns: readonly ColumnArray[];
  /** ms. */
  readonly timestamps: BigInt64Array;
}

const KEY = Symbol.for("millrace.bench.window-input");
const holder = globalThis as { [KEY]?: WindowInput };

export function setWindowInput(input: WindowInput | undefined): void {
  if (input === undefined) delete holder[KEY];
  else holder[KEY] = input;
}

export function windowInput(): WindowInput {
  const input = holder[KEY];
  if (input === undefined) throw new TypeError("The benchmark has set no input.");
  return input;
}
