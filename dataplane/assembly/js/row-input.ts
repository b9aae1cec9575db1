/** Values of the rows that compiled code reads, by column and row of a view. */
import {
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
} from "../../protocol/view-layout.ts";
import { isSet } from "../bits.ts";
import { viewColumn } from "../schema.ts";
import { giveUp } from "./give-up.ts";
import { Text, textOf } from "./text.ts";

const MAX_SAFE_INTEGER: i64 = 9007199254740991;

/** Address of the values (strings: of the offsets) of a column. */
export function dataOf(view: usize, column: u32): usize {
  return load<u32>(viewColumn(view, column), VIEW_COLUMN_DATA_PTR);
}

/** Address that the offsets of a column of strings count from. */
export function heapOf(view: usize, column: u32): usize {
  return load<u32>(viewColumn(view, column), VIEW_COLUMN_HEAP_PTR);
}

/** Address of the validity of a column; 0 = it has no nulls. */
export function validityOf(view: usize, column: u32): usize {
  return load<u32>(viewColumn(view, column), VIEW_COLUMN_VALIDITY_PTR);
}

/** Bit `bit`, set if a row's value is null. */
export function nullBit(validity: usize, row: u32, bit: u64): u64 {
  return validity !== 0 && !isSet(validity, row) ? (<u64>1) << bit : 0;
}

export function readF64(data: usize, row: u32): f64 {
  return load<f64>(data + ((<usize>row) << 3));
}

export function readI64(data: usize, row: u32): i64 {
  return load<i64>(data + ((<usize>row) << 3));
}

export function readI32(data: usize, row: u32): i32 {
  return load<i32>(data + ((<usize>row) << 2));
}

export function readBool(data: usize, row: u32): bool {
  return isSet(data, row);
}

export function readText(data: usize, heap: usize, row: u32): Text {
  const at: usize = data + ((<usize>row) << 2);
  const start = load<u32>(at);
  return textOf(heap + start, load<u32>(at, 4) - start);
}

/** A LONG as a number; what JavaScript would see as a bigint gives the row up. */
export function numberOfLong(value: i64): f64 {
  return <f64>safeLong(value);
}

/** A LONG that is a number of JavaScript's; others give the row up. */
export function safeLong(value: i64): i64 {
  if (<u64>(value + MAX_SAFE_INTEGER) > <u64>(2 * MAX_SAFE_INTEGER)) giveUp();
  return value;
}
