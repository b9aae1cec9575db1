/** The second pass of finding entries: which rows of a run are not at their home slot (table-find.ts). */
import {
  BLOCK_BYTES,
  BLOCK_LENGTH,
  SCRATCH_ENTRIES,
  SCRATCH_KEY_HASHES,
  SCRATCH_KEY_LENGTHS,
  SCRATCH_KEY_PTRS,
  SCRATCH_KEYS,
  SCRATCH_MISSED,
  SLOT_KEY_BLOCK,
  SLOT_KEY_HASH,
  SLOT_KEY_WORD,
  SLOT_META,
  TABLE_EPOCH,
  TABLE_KEYS_PTR,
  TABLE_SCRATCH_PTR,
} from "../protocol/table-layout.ts";
import { equalBytes } from "./bytes.ts";

/** Lists the rows whose home slot is not their entry, as it is now, in SCRATCH_MISSED. @returns how many */
export function matchInline(table: usize, from: u32, count: u32): u32 {
  const epoch = load<u32>(table, TABLE_EPOCH);
  const keys: usize = load<u32>(table, TABLE_KEYS_PTR);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  let missed: u32 = 0;
  for (let row = from; row < count; ++row) {
    const key = load<u64>(keys + ((<usize>row) << 3));
    const slot: usize = load<u32>(scratch + ((<usize>row) << 2), SCRATCH_ENTRIES);
    store<u32>(scratch + ((<usize>missed) << 2), row, SCRATCH_MISSED);
    const isOther =
      (load<u64>(slot, SLOT_KEY_WORD) ^ key) | <u64>(load<u32>(slot, SLOT_META) ^ epoch);
    missed += isOther !== 0 ? 1 : 0;
  }
  return missed;
}

/** matchInline for keys that are blocks: hasKey() written out, since a call per row costs a seventh. */
export function matchBytes(table: usize, from: u32, count: u32): u32 {
  const epoch = load<u32>(table, TABLE_EPOCH);
  const scratch: usize = load<u32>(table, TABLE_SCRATCH_PTR);
  let missed: u32 = 0;
  for (let row = from; row < count; ++row) {
    const at: usize = scratch + ((<usize>row) << 2);
    const slot: usize = load<u32>(at, SCRATCH_ENTRIES);
    const head = load<u64>(scratch + ((<usize>row) << 3), SCRATCH_KEYS);
    const isLiveHash =
      load<u32>(slot, SLOT_META) === epoch &&
      load<u32>(slot, SLOT_KEY_HASH) === load<u32>(at, SCRATCH_KEY_HASHES);
    if (isLiveHash) {
      const block: usize = load<u32>(slot, SLOT_KEY_BLOCK);
      const length = load<u32>(at, SCRATCH_KEY_LENGTHS);
      if (load<u32>(block, BLOCK_LENGTH) === length && load<u64>(block, BLOCK_BYTES) === head) {
        if (length <= 8) continue;
        const bytes: usize = load<u32>(at, SCRATCH_KEY_PTRS);
        if (equalBytes(block + BLOCK_BYTES, bytes, length)) continue;
      }
    }
    store<u32>(scratch + ((<usize>missed) << 2), row, SCRATCH_MISSED);
    ++missed;
  }
  return missed;
}
