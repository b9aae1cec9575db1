/** Bids as files that are written before the clock starts: JSON lines, and columns for the C program. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Bid } from "./bid-generator.ts";

const LINES_PER_WRITE = 4096;

/** JSON lines, so many to a file; answers the paths. */
export function writeJsonLines(
  bids: Iterable<Bid>,
  linesPerFile: number,
  pathOf: (index: number) => string,
): readonly string[] {
  const paths: string[] = [];
  let lines: string[] = [];
  let file = -1;
  let count = 0;
  const flush = (): void => {
    writeSync(file, lines.join(""));
    lines = [];
  };
  for (const bid of bids) {
    if (count % linesPerFile === 0) {
      if (file >= 0) {
        flush();
        closeSync(file);
      }
      const path = pathOf(paths.length);
      paths.push(path);
      file = openSync(path, "w");
    }
    lines.push(`${JSON.stringify(bid)}\n`);
    count++;
    if (lines.length === LINES_PER_WRITE) flush();
  }
  flush();
  closeSync(file);
  return paths;
}

export interface BidColumns {
  /** auction, bidder, price, dateTime. */
  readonly numbers: readonly BigInt64Array[];
  /** channel, url, extra. */
  readonly strings: readonly (readonly string[])[];
}

export function columnsOf(bids: readonly Bid[]): BidColumns {
  const numbersOf = (fieldOf: (bid: Bid) => number): BigInt64Array => {
    const column = new BigInt64Array(new SharedArrayBuffer(bids.length * 8));
    bids.forEach((bid, row) => {
      column[row] = BigInt(fieldOf(bid));
    });
    return column;
  };
  return {
    numbers: [
      numbersOf((bid) => bid.auction),
      numbersOf((bid) => bid.bidder),
      numbersOf((bid) => bid.price),
      numbersOf((bid) => bid.dateTime),
    ],
    strings: [
      bids.map((bid) => bid.channel),
      bids.map((bid) => bid.url),
      bids.map((bid) => bid.extra),
    ],
  };
}

/** The format of bench/c/bids.c. */
export function writeColumns(path: string, { numbers, strings }: BidColumns): void {
  const file = openSync(path, "w");
  const rows = numbers[0]?.length ?? 0;
  writeSync(file, new Uint32Array([rows, 0]));
  for (const column of numbers) writeSync(file, new BigInt64Array(column));
  for (const column of strings) {
    const offsets = new Uint32Array(rows + 1);
    column.forEach((text, row) => {
      offsets[row + 1] = (offsets[row] ?? 0) + Buffer.byteLength(text);
    });
    writePadded(file, offsets);
    writePadded(file, Buffer.from(column.join("")));
  }
  closeSync(file);
}

function writePadded(file: number, bytes: Uint8Array | Uint32Array): void {
  writeSync(file, bytes);
  writeSync(file, new Uint8Array(-bytes.byteLength & 7));
}
