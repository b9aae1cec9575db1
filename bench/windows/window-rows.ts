/** Inputs of the windows benchmark, as columns for the job and as objects for loops in JavaScript. */
import type { WindowInput } from "../jobs/window-input.ts";
import { keyValueColumns, RowRandom } from "../random.ts";
import type { TimedRow } from "./plain-windows.ts";

export interface NumberRows {
  readonly input: WindowInput;
  readonly objects: readonly TimedRow[];
}

export interface NumberRowsOptions {
  readonly rows: number;
  readonly keys: number;
  readonly rowsPerMs: number;
  /** One row of ten comes late by up to so many ms. */
  readonly disorderMs: number;
}

/** Row i has the time floor(i / rowsPerMs) ms, less what it is late. */
export function numberRows({ rows, keys, rowsPerMs, disorderMs }: NumberRowsOptions): NumberRows {
  const columns = keyValueColumns(rows, keys);
  const timestamps = new BigInt64Array(new SharedArrayBuffer(rows * 8));
  const keyWords = new Int32Array(columns.keys.buffer);
  const valueWords = new Int32Array(columns.values.buffer);
  const timeWords = new Int32Array(timestamps.buffer);
  const random = new RowRandom();
  const objects: TimedRow[] = [];
  for (let row = 0; row < rows; row++) {
    let time = Math.floor(row / rowsPerMs);
    if (disorderMs > 0) {
      random.at(row);
      // The upper bits of `low`: its lower ones are the value.
      const lateness = Math.floor(random.low / 1024);
      if (lateness % 10 === 0)
        time = Math.max(0, time - (Math.floor(lateness / 10) % (disorderMs + 1)));
    }
    timeWords[2 * row] = time;
    objects.push({ key: keyWords[2 * row] ?? 0, value: valueWords[2 * row] ?? 0, time });
  }
  return { input: { columns: [columns.keys, columns.values], timestamps }, objects };
}

/** Line i has the time i ms. */
export function lineRows(lines: readonly string[]): WindowInput {
  const timestamps = new BigInt64Array(new SharedArrayBuffer(lines.length * 8));
  for (let line = 0; line < lines.length; line++) timestamps[line] = BigInt(line);
  return { columns: [lines], timestamps };
}
