/** `text.split(/[ ,;]+/)`: at characters of a set, one by one or in runs. The pieces are slices. */
import { arenaCommit, arenaReserve } from "./arena.ts";
import { giveUp } from "./give-up.ts";
import { LIST_HEADER_BYTES } from "./list.ts";
import { listOf } from "./list-values.ts";
import { Text, textBytes, textOf, textPtr } from "./text.ts";
import { spaceAt } from "./white-space.ts";

/** More do not fit into the arena of a row. */
const BYTES_MAX: u32 = 1 << 20;

/**
 * @param chars     ASCII characters of the set
 * @param hasSpaces whether white space (`\s`) belongs to it
 * @param isRun     `+`: neighbouring characters of the set are one separator
 */
export function textSplitClass(text: Text, chars: Text, hasSpaces: bool, isRun: bool): usize {
  const bytes = textBytes(text);
  let piece = textPtr(text);
  const end: usize = piece + bytes;
  const list = bytes > BYTES_MAX ? 0 : arenaReserve(<u32>LIST_HEADER_BYTES + ((bytes + 1) << 3));
  if (list === 0) {
    giveUp();
    return listOf(0);
  }
  let slot: usize = list + LIST_HEADER_BYTES;
  for (let at = piece; at < end; ) {
    const found = matchAt(at, end, chars, hasSpaces);
    if (found === 0) {
      ++at;
      continue;
    }
    store<u64>(slot, textOf(piece, <u32>(at - piece)));
    slot += 8;
    at += found;
    while (isRun && at < end) {
      const more = matchAt(at, end, chars, hasSpaces);
      if (more === 0) break;
      at += more;
    }
    piece = at;
  }
  store<u64>(slot, textOf(piece, <u32>(end - piece)));
  slot += 8;
  store<u64>(list, <u64>((slot - list - LIST_HEADER_BYTES) >> 3));
  arenaCommit(slot);
  return list;
}

/** Bytes of the character of the set at `at`, 0 if it is none. */
function matchAt(at: usize, end: usize, chars: Text, hasSpaces: bool): u32 {
  if (hasSpaces) {
    const space = spaceAt(at, end);
    if (space !== 0) return space;
  }
  const byte = load<u8>(at);
  const last: usize = textPtr(chars) + textBytes(chars);
  for (let char = textPtr(chars); char < last; ++char) {
    if (load<u8>(char) === byte) return 1;
  }
  return 0;
}
