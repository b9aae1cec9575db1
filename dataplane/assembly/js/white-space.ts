/** White space and line ends of JavaScript, by the bytes of UTF-8. */

/** Skips white space from `at` on. */
export function skipSpace(at: usize, end: usize): usize {
  while (at < end) {
    const bytes = spaceAt(at, end);
    if (bytes === 0) break;
    at += bytes;
  }
  return at;
}

/** Skips white space in front of `end`, back to `from`. */
export function skipSpaceBack(from: usize, end: usize): usize {
  while (from < end) {
    const last = load<u8>(end - 1);
    if (isAsciiSpace(last)) {
      --end;
    } else if (last < 0x80) {
      break;
    } else if (end - from >= 2 && load<u8>(end - 2) === 0xc2 && last === 0xa0) {
      end -= 2;
    } else if (end - from >= 3 && isWideSpace(end - 3)) {
      end -= 3;
    } else {
      break;
    }
  }
  return end;
}

/** Bytes of the white space at `at`, 0 if there is none. */
function spaceAt(at: usize, end: usize): u32 {
  const byte = load<u8>(at);
  if (byte < 0x80) return isAsciiSpace(byte) ? 1 : 0;
  if (byte === 0xc2) return load<u8>(at, 1) === 0xa0 ? 2 : 0;
  return end - at >= 3 && isWideSpace(at) ? 3 : 0;
}

/** Tab, line feed, vertical tab, form feed, return and blank. */
function isAsciiSpace(byte: u8): bool {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** White space of three bytes. */
function isWideSpace(at: usize): bool {
  const lead = load<u8>(at);
  const tail = ((<u32>load<u8>(at, 1)) << 8) | <u32>load<u8>(at, 2);
  if (lead === 0xe2) {
    if (tail >= 0x8080 && tail <= 0x808a) return true; // U+2000 to U+200A
    return tail === 0x80a8 || tail === 0x80a9 || tail === 0x80af || tail === 0x819f;
  }
  if (lead === 0xe1) return tail === 0x9a80; // U+1680
  if (lead === 0xe3) return tail === 0x8080; // U+3000
  return lead === 0xef && tail === 0xbbbf; // U+FEFF
}
