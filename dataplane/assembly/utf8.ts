/**
 * UTF-8 as the WHATWG decoder sees it: what is valid is copied, each maximal part of an invalid
 * sequence becomes one U+FFFD (EF BF BD).
 */

/**
 * Copies `length` bytes, repaired. Room for 3 * length is enough.
 *
 * @param replaced address of a u32 that counts the replacements up
 * @returns bytes written
 */
export function copyUtf8(target: usize, source: usize, length: u32, replaced: usize): u32 {
  const end: usize = source + length;
  const start = target;
  while (source < end) {
    const valid = validLength(source, end);
    memory.copy(target, source, valid);
    target += valid;
    source += valid;
    if (source >= end) break;
    source += brokenLength(source, end);
    store<u16>(target, 0xbfef);
    store<u8>(target, 0xbd, 2);
    target += 3;
    store<u32>(replaced, load<u32>(replaced) + 1);
  }
  return <u32>(target - start);
}

/** Bytes from `source` on that are valid UTF-8. */
function validLength(source: usize, end: usize): u32 {
  let at = source;
  while (at < end) {
    if (at + 8 <= end && (load<u64>(at) & 0x8080808080808080) === 0) {
      at += 8;
      continue;
    }
    const bytes = sequenceLength(at, end);
    if (bytes === 0) break;
    at += bytes;
  }
  return <u32>(at - source);
}

/** 1 to 4 for a valid sequence that starts at `at`, 0 otherwise. */
function sequenceLength(at: usize, end: usize): u32 {
  const lead: u32 = load<u8>(at);
  if (lead < 0x80) return 1;
  const needed = neededAfter(lead);
  if (needed === 0 || at + needed >= end || !isSecond(lead, load<u8>(at, 1))) return 0;
  if (needed > 1 && !isContinuation(load<u8>(at, 2))) return 0;
  if (needed > 2 && !isContinuation(load<u8>(at, 3))) return 0;
  return needed + 1;
}

/** Length of the maximal part, at least 1, of the invalid sequence at `at`. */
function brokenLength(at: usize, end: usize): u32 {
  const lead: u32 = load<u8>(at);
  const needed = neededAfter(lead);
  if (needed === 0 || at + 1 >= end || !isSecond(lead, load<u8>(at, 1))) return 1;
  let bytes: u32 = 2;
  while (bytes <= needed && at + bytes < end && isContinuation(load<u8>(at + bytes))) ++bytes;
  return bytes;
}

/** Continuation bytes behind a lead byte, 0 if it is none. */
function neededAfter(lead: u32): u32 {
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  return lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
}

/** The second byte has a narrower range behind E0 (no overlong), ED (no surrogates), F0 and F4. */
function isSecond(lead: u32, byte: u32): bool {
  const least: u32 = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most: u32 = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return byte >= least && byte <= most;
}

function isContinuation(byte: u32): bool {
  return (byte & 0xc0) === 0x80;
}
