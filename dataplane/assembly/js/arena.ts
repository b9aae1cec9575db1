/**
 * Memory for what one row builds: blocks lie one behind the other, and arenaReset() takes all of them back
 * at once. It is called before every row.
 *
 * A chunk begins with its header {u32 address of the chunk before it, 0 = none; u32 bytes of the chunk}
 * and has ARENA_SLACK bytes behind its last block, which a block may be overwritten into.
 */
import { alloc, free } from "../allocator.ts";
import { forgetTexts } from "./cursor.ts";
import { giveUp } from "./give-up.ts";

/** Bytes behind a block that may be written to before the next block is taken. */
const ARENA_SLACK: u32 = 64;
/** What arenaAlloc() answers when it refuses has room for so much. */
const ARENA_REFUSED_BYTES: i32 = 1024;
/** Most that one row may build. */
const ROW_BYTES_MAX: u32 = 16 << 20;
const FIRST_CHUNK_BYTES: u32 = 1 << 16;
/** A chunk bigger than this goes back after the row that needed it. */
const KEPT_BYTES_MAX: u32 = 1 << 20;
const HEADER_BYTES: u32 = 16;
/** Without a chunk, `top` and `limit` are the same and not 0: nothing fits. */
const NOWHERE: usize = 8;

const refused: usize = memory.data(ARENA_REFUSED_BYTES, 16);
let top: usize = NOWHERE;
let limit: usize = NOWHERE;
let start: usize = NOWHERE;
let chunk: usize = 0;
let heldBytes: u32 = 0;
let isGrown: bool = false;

/**
 * A block of `bytes`, 8-byte aligned, contents undefined. If the row would need too much, it is given up
 * and the block has ARENA_REFUSED_BYTES only: what may be bigger is taken with arenaTake().
 */
export function arenaAlloc(bytes: u32): usize {
  const block = arenaTake(bytes);
  return block === 0 ? refused : block;
}

/** Like arenaAlloc(), but answers 0 after giving up. */
export function arenaTake(bytes: u32): usize {
  const block = arenaReserve(bytes);
  if (block !== 0) top = block + bytes;
  return block;
}

/** Makes room for a block of at most `bytes` without taking it: arenaCommit() does. 0 = given up. */
export function arenaReserve(bytes: u32): usize {
  const block = (top + 7) & ~7;
  if (bytes <= <u32>(limit - block)) return block;
  return addChunk(bytes) ? top : 0;
}

/** Takes what was reserved, up to `end`. */
export function arenaCommit(end: usize): void {
  top = end;
}

/** Lengthens the last block, if it ends at `end` and there is room. */
export function arenaExtend(end: usize, bytes: u32): bool {
  if (end !== top || bytes > <u32>(limit - top)) return false;
  top += bytes;
  return true;
}

/** Before every row: all blocks are free again, and nothing is remembered about texts. */
export function arenaReset(): void {
  forgetTexts();
  if (isGrown) shrink();
  top = start;
}

/** Gives the memory back. */
export function arenaRelease(): void {
  forgetTexts();
  freeChunks(chunk);
  useChunk(0);
  isGrown = false;
}

function addChunk(bytes: u32): bool {
  const own = HEADER_BYTES + ARENA_SLACK;
  if (bytes > ROW_BYTES_MAX || heldBytes + bytes > ROW_BYTES_MAX) {
    giveUp();
    return false;
  }
  const doubled = chunk === 0 ? FIRST_CHUNK_BYTES : load<u32>(chunk, 4) << 1;
  // The limit is a multiple of 8, or aligning `top` could pass it.
  const needed = ((bytes + 7) & ~7) + own;
  let size = max<u32>(needed, min<u32>(doubled, ROW_BYTES_MAX - heldBytes));
  let block = alloc(size);
  if (block === 0) {
    size = needed;
    block = alloc(size);
  }
  if (block === 0) {
    giveUp();
    return false;
  }
  store<u32>(block, <u32>chunk);
  store<u32>(block, size, 4);
  isGrown = chunk !== 0 || size > KEPT_BYTES_MAX;
  useChunk(block);
  return true;
}

/** Leaves the newest chunk, the biggest as a rule, if it is no bigger than may be kept. */
function shrink(): void {
  const isKept = load<u32>(chunk, 4) <= KEPT_BYTES_MAX;
  freeChunks(isKept ? <usize>load<u32>(chunk) : chunk);
  if (isKept) store<u32>(chunk, 0);
  useChunk(isKept ? chunk : 0);
  isGrown = false;
}

function freeChunks(last: usize): void {
  while (last !== 0) {
    const previous: usize = load<u32>(last);
    free(last, load<u32>(last, 4));
    last = previous;
  }
}

function useChunk(block: usize): void {
  const hadChunk = block !== 0 && load<u32>(block) !== 0;
  const size: u32 = block === 0 ? 0 : load<u32>(block, 4);
  heldBytes = hadChunk ? heldBytes + size : size;
  chunk = block;
  start = block === 0 ? NOWHERE : block + HEADER_BYTES;
  limit = block === 0 ? NOWHERE : (block + size - ARENA_SLACK) & ~7;
  top = start;
}
