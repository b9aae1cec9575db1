/**
 * Which rows go to which channel: one selection vector per channel, made by a counting sort, rows
 * ascending within each. gatherSelected() then moves them, as far as each builder has room.
 * Scratch and result: protocol/kernel-layout.ts.
 */
import { VIEW_ROW_COUNT } from "../protocol/view-layout.ts";

/**
 * Channels by key group.
 *
 * @param keyGroups    u16 per row of the view
 * @param channelTable u16 per key group: keyGroup * channelCount / maxParallelism
 */
export function scatterPlan(
  view: usize,
  keyGroups: usize,
  channelTable: usize,
  channelCount: u32,
  scratch: usize,
): void {
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  if (channelCount === 1) {
    scatterRoundRobin(rows, 0, 1, scratch);
    return;
  }
  if (channelCount === 2) {
    splitInTwo(keyGroups, channelTable, rows, scratch);
    return;
  }
  const channels = channelsPtr(scratch, rows, channelCount);
  for (let row: u32 = 0; row < rows; ++row) {
    const keyGroup: usize = load<u16>(keyGroups + ((<usize>row) << 1));
    store<u16>(channels + ((<usize>row) << 1), load<u16>(channelTable + (keyGroup << 1)));
  }
  sortByChannel(channels, rows, channelCount, scratch);
}

/**
 * Channels given per row, for partitioners of users.
 *
 * @param channels u16[rowCount], each below channelCount
 */
export function scatterChannels(
  channels: usize,
  rows: u32,
  channelCount: u32,
  scratch: usize,
): void {
  sortByChannel(channels, rows, channelCount, scratch);
}

/** Row i goes to channel (first + i) mod channelCount. */
export function scatterRoundRobin(rows: u32, first: u32, channelCount: u32, scratch: usize): void {
  const selection = selectionPtr(scratch, channelCount);
  let at: u32 = 0;
  for (let channel: u32 = 0; channel < channelCount; ++channel) {
    store<u32>(scratch + ((<usize>channel) << 2), at);
    let row = (channel + channelCount - (first % channelCount)) % channelCount;
    for (; row < rows; row += channelCount, ++at) store<u32>(selection + ((<usize>at) << 2), row);
  }
  store<u32>(scratch + ((<usize>channelCount) << 2), at);
}

function selectionPtr(scratch: usize, channelCount: u32): usize {
  return scratch + ((<usize>channelCount + 1) << 2);
}

/** Four counters per channel, so that equal channels in a row do not wait for each other's store. */
function countersPtr(scratch: usize, rows: u32, channelCount: u32): usize {
  return selectionPtr(scratch, channelCount) + ((<usize>rows) << 2);
}

function channelsPtr(scratch: usize, rows: u32, channelCount: u32): usize {
  return countersPtr(scratch, rows, channelCount) + ((<usize>channelCount) << 4);
}

function sortByChannel(channels: usize, rows: u32, channelCount: u32, scratch: usize): void {
  const selection = selectionPtr(scratch, channelCount);
  const counters = countersPtr(scratch, rows, channelCount);
  memory.fill(counters, 0, (<usize>channelCount) << 4);
  for (let row: u32 = 0; row < rows; ++row) {
    const channel: usize = load<u16>(channels + ((<usize>row) << 1));
    const counter = counters + (channel << 4) + ((<usize>(row & 3)) << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  let at: u32 = 0;
  for (let channel: u32 = 0; channel < channelCount; ++channel) {
    const counter = counters + ((<usize>channel) << 4);
    const low = load<u32>(counter) + load<u32>(counter, 4);
    store<u32>(scratch + ((<usize>channel) << 2), at);
    store<u32>(counter, at);
    at += low + load<u32>(counter, 8) + load<u32>(counter, 12);
  }
  store<u32>(scratch + ((<usize>channelCount) << 2), at);
  for (let row: u32 = 0; row < rows; ++row) {
    const channel: usize = load<u16>(channels + ((<usize>row) << 1));
    const counter = counters + (channel << 4);
    const place = load<u32>(counter);
    store<u32>(selection + ((<usize>place) << 2), row);
    store<u32>(counter, place + 1);
  }
}

/**
 * Two channels in one pass without a branch or a wait for memory: both cursors stay in registers. The
 * second list begins where the channels of the general way would lie, and moves up at the end.
 */
function splitInTwo(keyGroups: usize, channelTable: usize, rows: u32, scratch: usize): void {
  const selection = selectionPtr(scratch, 2);
  const list = countersPtr(scratch, rows, 2);
  let first = selection;
  let second = list;
  for (let row: u32 = 0; row < rows; ++row, keyGroups += 2) {
    const channel: usize = load<u16>(channelTable + ((<usize>load<u16>(keyGroups)) << 1));
    store<u32>(select<usize>(second, first, channel !== 0), row);
    second += channel << 2;
    first += 4 - (channel << 2);
  }
  memory.copy(first, list, second - list);
  store<u32>(scratch, 0);
  store<u32>(scratch, <u32>(first - selection) >> 2, 4);
  store<u32>(scratch, rows, 8);
}
