/** The loop of generated code over the rows of a view, and where it stopped. */
import {
  STATUS_DONE,
  STATUS_OUT_OF_MEMORY,
  STATUS_OUTPUT_FULL,
  STATUS_ROW_GIVEN_UP,
} from "../../protocol/status.ts";
import { VIEW_ROW_COUNT } from "../../protocol/view-layout.ts";
import { arenaReset } from "./arena.ts";
import { clearStops, hasGivenUp, isStoppedFull } from "./give-up.ts";
import {
  outputClose,
  outputEmitted,
  outputOpen,
  outputRollBack,
  outputStartRow,
  outputTake,
} from "./row-output.ts";

let stoppedRow: u32 = 0;
let stoppedEmitted: u32 = 0;
let skippedRows: u32 = 0;
let status: i32 = STATUS_DONE;

/** Row to go on with, or the one that was given up. */
export function nextRow(): u32 {
  return stoppedRow;
}

/** Emissions of that row that are in the builder, or were in earlier ones: to be skipped next time. */
export function emitted(): u32 {
  return stoppedEmitted;
}

export function rowCountOf(view: usize): u32 {
  return load<u32>(view, VIEW_ROW_COUNT);
}

/** @param stampsRows emitted rows get their timestamps one by one */
export function openRows(view: usize, builder: usize, from: u32, stampsRows: bool): void {
  status = STATUS_DONE;
  stoppedRow = from;
  stoppedEmitted = 0;
  clearStops();
  outputOpen(view, builder, stampsRows);
}

/** Counts `count` rows as emitted that are copied as they are, or as many as there is room for. */
export function takeRows(count: u32): void {
  const taken = outputTake(count);
  stoppedRow += taken;
  if (taken !== count) status = STATUS_OUTPUT_FULL;
}

export function startRow(row: u32, skip: u32): void {
  stoppedRow = row;
  skippedRows = skip;
  arenaReset();
  outputStartRow(row, skip);
}

/** False = the loop ends here. */
export function endRow(): bool {
  if (hasGivenUp()) {
    outputRollBack();
    stoppedEmitted = skippedRows;
    status = STATUS_ROW_GIVEN_UP;
    return false;
  }
  if (isStoppedFull()) {
    stoppedEmitted = outputEmitted();
    status = STATUS_OUTPUT_FULL;
    return false;
  }
  ++stoppedRow;
  return true;
}

/** All rows before `row` are done, the last ones without startRow() and endRow(). */
export function passRows(row: u32): void {
  stoppedRow = row;
}

export function closeRows(): i32 {
  return outputClose() ? status : STATUS_OUT_OF_MEMORY;
}
