/**
 * Blocks of linear memory: free lists per size class, all state in the memory root.
 *
 * Classes are powers of two from 64 bytes to 1 KiB and quarter steps above, so a big block wastes at
 * most a fifth. Blocks start at multiples of 64. A block goes back with the size it was asked for with.
 */
import {
  MEMORY_HEAP_BASE,
  MEMORY_ROOT_BIG_LISTS,
  MEMORY_ROOT_FREE_LISTS,
  MEMORY_ROOT_HEAP_END,
  MEMORY_ROOT_HEAP_TOP,
  MEMORY_ROOT_LIVE_BYTES,
  MEMORY_ROOT_MAGIC,
  MEMORY_ROOT_PTR,
  MEMORY_ROOT_SIZE,
} from "../protocol/memory-layout.ts";
import { requestPages } from "./env.ts";

const ROOT: usize = MEMORY_ROOT_PTR;
const MIN_BLOCK: u32 = 64;
const BIG_BLOCK: u32 = 1 << 10;
const MAX_REQUEST: u32 = 0xe0000000;
const MAX_SLACK_PAGES: u32 = 64;

/** Sets up the root of a fresh memory. */
export function memInit(): void {
  memory.fill(ROOT, 0, MEMORY_ROOT_SIZE);
  store<u32>(ROOT, MEMORY_ROOT_MAGIC);
  store<u32>(ROOT, MEMORY_HEAP_BASE, MEMORY_ROOT_HEAP_TOP);
  store<u32>(ROOT, (<u32>memory.size()) << 16, MEMORY_ROOT_HEAP_END);
}

/**
 * A block of at least `bytes`, contents undefined.
 *
 * @returns its address, or 0 when the budget refuses
 */
export function alloc(bytes: u32): usize {
  if (bytes > MAX_REQUEST) return 0;
  const size = blockSize(bytes);
  const list = listPtr(size);
  let block: usize = load<u32>(list);
  if (block !== 0) {
    store<u32>(list, load<u32>(block));
  } else {
    block = takeFromTop(size);
    if (block === 0) block = splitLarger(size);
    if (block === 0) return 0;
  }
  store<u64>(ROOT, load<u64>(ROOT, MEMORY_ROOT_LIVE_BYTES) + size, MEMORY_ROOT_LIVE_BYTES);
  return block;
}

/** Gives back a block that `alloc(bytes)` returned; 0 is ignored. */
export function free(ptr: usize, bytes: u32): void {
  if (ptr === 0) return;
  const size = blockSize(bytes);
  store<u64>(ROOT, load<u64>(ROOT, MEMORY_ROOT_LIVE_BYTES) - size, MEMORY_ROOT_LIVE_BYTES);
  pushFree(ptr, size);
}

/** Size of the block behind a request of `bytes`: what may be used without asking again. */
export function blockSize(bytes: u32): u32 {
  if (bytes <= MIN_BLOCK) return MIN_BLOCK;
  const log: u32 = 31 - clz<u32>(bytes - 1); // 2^log < bytes <= 2^(log + 1)
  if (bytes <= BIG_BLOCK) return (<u32>2) << log;
  const step: u32 = (<u32>1) << (log - 2);
  return (bytes + step - 1) & ~(step - 1);
}

function listPtr(size: u32): usize {
  if (size <= BIG_BLOCK) return ROOT + MEMORY_ROOT_FREE_LISTS + ((<usize>ctz<u32>(size)) << 2);
  const log: u32 = 31 - clz<u32>(size - 1);
  const quarter = (size >> (log - 2)) - 4;
  return ROOT + MEMORY_ROOT_BIG_LISTS + ((<usize>((log - 10) * 4 + quarter - 1)) << 2);
}

function pushFree(ptr: usize, size: u32): void {
  if (ptr + size === <usize>load<u32>(ROOT, MEMORY_ROOT_HEAP_TOP)) {
    store<u32>(ROOT, <u32>ptr, MEMORY_ROOT_HEAP_TOP);
    return;
  }
  const list = listPtr(size);
  store<u32>(ptr, load<u32>(list));
  store<u32>(list, <u32>ptr);
}

function takeFromTop(size: u32): usize {
  const top = load<u32>(ROOT, MEMORY_ROOT_HEAP_TOP);
  const room = load<u32>(ROOT, MEMORY_ROOT_HEAP_END) - top;
  if (room < size && !grow(size - room)) return 0;
  store<u32>(ROOT, top + size, MEMORY_ROOT_HEAP_TOP);
  return top;
}

/** Asks for a little more than needed, so that memory does not grow page by page. */
function grow(missing: u32): bool {
  const pages = (missing - 1) / 65536 + 1;
  const slack = min<u32>(load<u32>(ROOT, MEMORY_ROOT_HEAP_END) >> 19, MAX_SLACK_PAGES);
  if (!requestPages(pages + slack) && (slack === 0 || !requestPages(pages))) return false;
  store<u32>(ROOT, (<u32>memory.size()) << 16, MEMORY_ROOT_HEAP_END);
  return true;
}

/** Last resort: cuts a bigger free block; the rest becomes blocks of powers of two. */
function splitLarger(size: u32): usize {
  let larger = nextSize(size);
  while (larger !== 0) {
    const list = listPtr(larger);
    const block: usize = load<u32>(list);
    if (block !== 0) {
      store<u32>(list, load<u32>(block));
      let at: usize = block + size;
      let rest = larger - size;
      while (rest !== 0) {
        const piece: u32 = 1 << (31 - clz<u32>(rest));
        pushFree(at, piece);
        at += piece;
        rest -= piece;
      }
      return block;
    }
    larger = nextSize(larger);
  }
  return 0;
}

/** The next bigger class, 0 behind the last. */
function nextSize(size: u32): u32 {
  return size >= MAX_REQUEST ? 0 : blockSize(size + 1);
}
