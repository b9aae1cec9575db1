/**
 * Linear memory never shrinks, and pages once written stay resident. So what is alive is copied to a fresh
 * memory, to the same addresses: pages that only hold free blocks are never touched there and take no room.
 * Free blocks at the end are cut off. See protocol/memory-layout.ts for the lists of the allocator.
 */
import {
  MEMORY_PAGE_SIZE,
  MEMORY_ROOT_BIG_LISTS,
  MEMORY_ROOT_HEAP_END,
  MEMORY_ROOT_HEAP_TOP,
  MEMORY_ROOT_PTR,
} from "../protocol/memory-layout.ts";

/** Smaller free blocks are copied with what lies around them. */
const FIRST_LIST_LOG = 12;
const LAST_LIST_LOG = 31;
const QUARTERS = 4;
const ROOT = MEMORY_ROOT_PTR >>> 2;

interface FreeBlock {
  readonly ptr: number;
  readonly size: number;
  /** Index in u32 of the head of its list. */
  readonly head: number;
}

/** `limits`: of the fresh one, in pages. Nobody may be at work in `old`, which stays as it is. */
export function copyToFreshMemory(
  old: WebAssembly.Memory,
  limits: { readonly initial: number; readonly maximum: number },
): WebAssembly.Memory {
  const from = new Uint8Array(old.buffer);
  const blocks = freeBlocksOf(new Uint32Array(old.buffer));
  const top = cutOff(blocks, new Uint32Array(old.buffer)[ROOT + MEMORY_ROOT_HEAP_TOP / 4] ?? 0);
  const initial = Math.max(limits.initial, Math.ceil(top / MEMORY_PAGE_SIZE));
  const fresh = new WebAssembly.Memory({ ...limits, initial });
  const to = new Uint8Array(fresh.buffer);
  let start = 0;
  for (const { ptr, size } of blocks) {
    to.set(from.subarray(start, ptr), start);
    start = ptr + size;
  }
  to.set(from.subarray(start, top), start);
  writeLists(new Uint32Array(fresh.buffer), blocks, top);
  return fresh;
}

/** In the order of their addresses. */
function freeBlocksOf(words: Uint32Array): FreeBlock[] {
  const blocks: FreeBlock[] = [];
  for (const { head, size } of bigLists()) {
    for (let ptr = words[head] ?? 0; ptr !== 0; ptr = words[ptr >>> 2] ?? 0) {
      blocks.push({ ptr, size, head });
    }
  }
  return blocks.sort((a, b) => a.ptr - b.ptr);
}

function* bigLists(): Generator<Omit<FreeBlock, "ptr">> {
  for (let log = FIRST_LIST_LOG; log <= LAST_LIST_LOG; ++log) {
    for (let quarter = 1; quarter <= QUARTERS; ++quarter) {
      const list = (log - 10) * QUARTERS + quarter - 1;
      const size = (QUARTERS + quarter) * 2 ** (log - 2);
      yield { head: ROOT + MEMORY_ROOT_BIG_LISTS / 4 + list, size };
    }
  }
}

/** Removes the blocks at the end. @returns what is then the end */
function cutOff(blocks: FreeBlock[], heapTop: number): number {
  let top = heapTop;
  for (let last = blocks.at(-1); last !== undefined; last = blocks.at(-1)) {
    if (last.ptr + last.size !== top) break;
    top = last.ptr;
    blocks.pop();
  }
  return top;
}

function writeLists(words: Uint32Array, blocks: readonly FreeBlock[], top: number): void {
  words[ROOT + MEMORY_ROOT_HEAP_TOP / 4] = top;
  words[ROOT + MEMORY_ROOT_HEAP_END / 4] = words.byteLength;
  for (const { head } of bigLists()) words[head] = 0;
  for (const { ptr, head } of blocks) {
    words[ptr >>> 2] = words[head] ?? 0;
    words[head] = ptr;
  }
}
