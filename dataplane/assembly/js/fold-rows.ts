/** What generated code for reduce() reads beside the columns of its input. */
import { TABLE_NONE } from "../../protocol/table-layout.ts";
import { copyBytes } from "../bytes.ts";
import { arenaTake } from "./arena.ts";
import { dataOf, heapOf, readText } from "./row-input.ts";
import { EMPTY_TEXT, Text, textBytes, textOf, textPtr } from "./text.ts";

/** Row of the values that a row of the run is folded into. */
export function sourceOf(sources: usize, position: u32): u32 {
  return load<u32>(sources + ((<usize>position) << 2));
}

/** Whether a row is the first one of its key. */
export function isFirst(source: u32): bool {
  return source === <u32>TABLE_NONE;
}

/** A text of the builder that the result goes to as well: its heap may move while that is written. */
export function readValueText(values: usize, column: u32, row: u32): Text {
  const text = readText(dataOf(values, column), heapOf(values, column), row);
  const length = textBytes(text);
  const copy = arenaTake(length);
  if (copy === 0) return EMPTY_TEXT;
  copyBytes(copy, textPtr(text), length);
  return textOf(copy, length);
}
