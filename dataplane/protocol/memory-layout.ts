/**
 * Memory map of one chain subtask's linear memory. The first 64 KiB page is fixed; everything else
 * belongs to the allocator, whose state lies in the memory root and not in a module's globals, so that
 * a module can be replaced while its memory stays.
 *
 *        0 ..  1023  never written: address 0 means "absent"
 *     1024 ..  2047  memory root (below)
 *     2048 ..  4095  scratch of kernels, dead between calls
 *     4096 ..  8191  reserved
 *     8192 .. 32767  static data of the prebuilt kernels (asc --memoryBase 8192)
 *    32768 .. 65535  static data of a generated module (--memoryBase 32768)
 *    65536 ..        heap
 *
 * Memory root:
 *
 *   offset  size  type  field       meaning
 *        0     4  u32   magic       MEMORY_ROOT_MAGIC once initialised
 *        4     4  u32   heapTop     first byte never handed out
 *        8     4  u32   heapEnd     bytes of memory granted so far
 *       12     4  u32   failedRow   row at which the last kernel that answered an error stopped
 *       16     8  u64   liveBytes   handed out and not returned
 *       24     8  -     reserved
 *       32   4*32 u32   freeLists   head of the list of free blocks of 2^k bytes, k = 6..10
 *      160   4*88 u32   bigLists    the same above 1 KiB in steps of a quarter: list (k - 10) * 4 + q - 1
 *                                   holds blocks of (4 + q) * 2^(k - 2) bytes, q = 1..4
 *
 * A free block holds the address of the next one in its first four bytes.
 */
export const MEMORY_ROOT_PTR = 1024;
export const MEMORY_ROOT_MAGIC = 0x3152524d; // "MRR1"
export const MEMORY_ROOT_HEAP_TOP = 4;
export const MEMORY_ROOT_HEAP_END = 8;
export const MEMORY_ROOT_FAILED_ROW = 12;
export const MEMORY_ROOT_LIVE_BYTES = 16;
export const MEMORY_ROOT_FREE_LISTS = 32;
export const MEMORY_ROOT_BIG_LISTS = 160;
export const MEMORY_ROOT_SIZE = 1024;
export const MEMORY_SCRATCH_PTR = 2048;
export const MEMORY_SCRATCH_SIZE = 2048;
export const MEMORY_HEAP_BASE = 65536;
export const MEMORY_PAGE_SIZE = 65536;
export const MEMORY_KERNELS_BASE = 8192;
export const MEMORY_GENERATED_BASE = 32768;
