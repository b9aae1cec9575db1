/**
 * Memory of a table: what it borrows from the allocator is counted in its root, and blocks of up to 48
 * bytes (most keys and short strings) are cut from chunks, since the allocator's smallest block is 64.
 * Blocks count references: slots, and the images saved for a snapshot, share them.
 */
import {
  BLOCK_BYTES,
  BLOCK_LENGTH,
  BLOCK_REF_COUNT,
  TABLE_BYTE_COUNT,
  TABLE_CHUNK_END,
  TABLE_CHUNK_TOP,
  TABLE_CHUNKS_PTR,
  TABLE_FREE_BLOCKS,
} from "../protocol/table-layout.ts";
import { alloc, blockSize, free } from "./allocator.ts";
import { copyBytes } from "./bytes.ts";

const SMALL_LIMIT: u32 = 48;
const SMALL_STEP_LOG2: u32 = 4;
const CHUNK_HEADER: u32 = 16;
const CHUNK_SIZE: usize = 4;
const FIRST_CHUNK: u32 = 1024;
const LAST_CHUNK: u32 = 65536;

/** alloc() on the table's account. */
export function tableAlloc(table: usize, bytes: u32): usize {
  const ptr = alloc(bytes);
  if (ptr !== 0) addBytes(table, <i64>blockSize(bytes));
  return ptr;
}

/** alloc() of zeroed bytes on the table's account. */
export function tableAllocZeroed(table: usize, bytes: u32): usize {
  const ptr = tableAlloc(table, bytes);
  if (ptr !== 0) memory.fill(ptr, 0, bytes);
  return ptr;
}

/** free() of what tableAlloc() gave; 0 is ignored. */
export function tableFree(table: usize, ptr: usize, bytes: u32): void {
  if (ptr === 0) return;
  addBytes(table, -(<i64>blockSize(bytes)));
  free(ptr, bytes);
}

/**
 * A block of `length` bytes with one reference, contents undefined.
 *
 * @returns its address, or 0 when out of memory
 */
export function blockCreate(table: usize, length: u32): usize {
  const size: u32 = BLOCK_BYTES + length;
  const block = size <= SMALL_LIMIT ? takeSmall(table, size) : tableAlloc(table, size);
  if (block === 0) return 0;
  store<u32>(block, 1, BLOCK_REF_COUNT);
  store<u32>(block, length, BLOCK_LENGTH);
  return block;
}

/** A block that holds a copy of the bytes, zeros behind them up to 8; 0 when out of memory. */
export function blockOf(table: usize, bytesPtr: usize, length: u32): usize {
  const block = blockCreate(table, length);
  if (block !== 0 && length < 8) store<u64>(block, 0, BLOCK_BYTES);
  if (block !== 0) copyBytes(block + BLOCK_BYTES, bytesPtr, length);
  return block;
}

/** One more reference; 0 is ignored. */
export function blockRetain(block: usize): void {
  if (block !== 0) store<u32>(block, load<u32>(block, BLOCK_REF_COUNT) + 1, BLOCK_REF_COUNT);
}

/** One reference less; the last one gives the block back. 0 is ignored. */
export function blockRelease(table: usize, block: usize): void {
  if (block === 0) return;
  const left = load<u32>(block, BLOCK_REF_COUNT) - 1;
  store<u32>(block, left, BLOCK_REF_COUNT);
  if (left !== 0) return;
  const size: u32 = BLOCK_BYTES + load<u32>(block, BLOCK_LENGTH);
  if (size > SMALL_LIMIT) {
    tableFree(table, block, size);
    return;
  }
  const list = freeList(table, size);
  store<u32>(block, load<u32>(list));
  store<u32>(list, <u32>block);
}

/** Gives all chunks back, whatever lies in them. */
export function dropChunks(table: usize): void {
  let chunk: usize = load<u32>(table, TABLE_CHUNKS_PTR);
  while (chunk !== 0) {
    const next: usize = load<u32>(chunk);
    tableFree(table, chunk, load<u32>(chunk, CHUNK_SIZE));
    chunk = next;
  }
  store<u32>(table, 0, TABLE_CHUNKS_PTR);
  store<u32>(table, 0, TABLE_CHUNK_TOP);
  store<u32>(table, 0, TABLE_CHUNK_END);
  memory.fill(table + TABLE_FREE_BLOCKS, 0, 12);
}

function addBytes(table: usize, bytes: i64): void {
  store<i64>(table, load<i64>(table, TABLE_BYTE_COUNT) + bytes, TABLE_BYTE_COUNT);
}

function freeList(table: usize, size: u32): usize {
  return table + TABLE_FREE_BLOCKS + ((<usize>((size - 1) >> SMALL_STEP_LOG2)) << 2);
}

function takeSmall(table: usize, size: u32): usize {
  const list = freeList(table, size);
  const block: usize = load<u32>(list);
  if (block !== 0) {
    store<u32>(list, load<u32>(block));
    return block;
  }
  const rounded = (size + 15) & ~15;
  const top = load<u32>(table, TABLE_CHUNK_TOP);
  if (load<u32>(table, TABLE_CHUNK_END) - top < rounded) {
    if (!addChunk(table)) return 0;
    return takeSmall(table, size);
  }
  store<u32>(table, top + rounded, TABLE_CHUNK_TOP);
  return top;
}

/** Chunks double in size, so that a small table stays small. The rest of the old one is not used. */
function addChunk(table: usize): bool {
  const last: usize = load<u32>(table, TABLE_CHUNKS_PTR);
  const size = last === 0 ? FIRST_CHUNK : min<u32>(load<u32>(last, CHUNK_SIZE) << 1, LAST_CHUNK);
  const chunk = tableAlloc(table, size);
  if (chunk === 0) return false;
  store<u32>(chunk, <u32>last);
  store<u32>(chunk, size, CHUNK_SIZE);
  store<u32>(table, <u32>chunk, TABLE_CHUNKS_PTR);
  store<u32>(table, <u32>chunk + CHUNK_HEADER, TABLE_CHUNK_TOP);
  store<u32>(table, <u32>chunk + size, TABLE_CHUNK_END);
  return true;
}
