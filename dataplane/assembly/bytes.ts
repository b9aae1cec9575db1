/** Short runs of bytes: copied, compared and ordered without leaving Wasm, reading only inside them. */

/** From here on the host's copy is faster than the call to it is long. */
const LONG: u32 = 256;

/** Copies bytes that do not overlap their target. */
export function copyBytes(target: usize, source: usize, length: u32): void {
  if (length >= 16) {
    if (length > LONG) {
      memory.copy(target, source, length);
      return;
    }
    const last: usize = source + length - 16;
    const lastTarget: usize = target + length - 16;
    for (; source < last; source += 16, target += 16) v128.store(target, v128.load(source));
    v128.store(lastTarget, v128.load(last));
  } else if (length >= 8) {
    const tail = load<u64>(source + length - 8);
    store<u64>(target, load<u64>(source));
    store<u64>(target + length - 8, tail);
  } else if (length >= 4) {
    const tail = load<u32>(source + length - 4);
    store<u32>(target, load<u32>(source));
    store<u32>(target + length - 4, tail);
  } else if (length !== 0) {
    store<u8>(target, load<u8>(source));
    store<u8>(target + (length >> 1), load<u8>(source + (length >> 1)));
    store<u8>(target + length - 1, load<u8>(source + length - 1));
  }
}

/** Whether two runs of the same length hold the same bytes. */
export function equalBytes(left: usize, right: usize, length: u32): bool {
  if (length >= 8) {
    const last: usize = left + length - 8;
    const lastRight: usize = right + length - 8;
    for (; left < last; left += 8, right += 8) {
      if (load<u64>(left) !== load<u64>(right)) return false;
    }
    return load<u64>(last) === load<u64>(lastRight);
  }
  if (length >= 4) {
    const differs = load<u32>(left) ^ load<u32>(right);
    return (differs | (load<u32>(left + length - 4) ^ load<u32>(right + length - 4))) === 0;
  }
  if (length === 0) return true;
  if (load<u8>(left) !== load<u8>(right)) return false;
  if (load<u8>(left + (length >> 1)) !== load<u8>(right + (length >> 1))) return false;
  return load<u8>(left + length - 1) === load<u8>(right + length - 1);
}

/**
 * Orders two strings as Java and JavaScript do, by their UTF-16 units, without building them. The
 * bytes are UTF-8 in which a lone surrogate is kept as three bytes.
 *
 * @returns below 0, 0 or above 0
 */
export function compareStrings(left: usize, leftLength: u32, right: usize, rightLength: u32): i32 {
  const shorter = min<u32>(leftLength, rightLength);
  let at: u32 = 0;
  while (at < shorter && load<u8>(left + at) === load<u8>(right + at)) ++at;
  if (at === shorter) return (leftLength > shorter ? 1 : 0) - (rightLength > shorter ? 1 : 0);
  const leftByte = <i32>load<u8>(left + at);
  const rightByte = <i32>load<u8>(right + at);
  while (at !== 0 && (<u32>load<u8>(left + at) & 0xc0) === 0x80) --at;
  // Only supplementary characters (lead bytes from 0xf0) sort differently as bytes: they are two
  // surrogates, and those sort before U+E000 (lead byte 0xee) and beside lone surrogates (0xed).
  const leftLead = load<u8>(left + at);
  const rightLead = load<u8>(right + at);
  if (leftLead < 0xf0 && rightLead < 0xf0) return leftByte - rightByte;
  const first = unitAt(left, at, 0) - unitAt(right, at, 0);
  if (first !== 0) return first;
  return secondUnit(left, at, leftLength) - secondUnit(right, at, rightLength);
}

/** Unit 0 or 1 of the character at `at`. */
function unitAt(ptr: usize, at: u32, unit: i32): i32 {
  const lead = <i32>load<u8>(ptr + at);
  if (lead < 0x80) return lead;
  const second = <i32>load<u8>(ptr + at, 1) & 0x3f;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third = <i32>load<u8>(ptr + at, 2) & 0x3f;
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | (second << 6) | third;
  const fourth = <i32>load<u8>(ptr + at, 3) & 0x3f;
  const point = ((lead & 7) << 18) | (second << 12) | (third << 6) | fourth;
  return unit === 0 ? 0xd7c0 + (point >> 10) : 0xdc00 | (point & 0x3ff);
}

/** The unit behind the first one of the character at `at`; -1 = the string ends there. */
function secondUnit(ptr: usize, at: u32, length: u32): i32 {
  if (load<u8>(ptr + at) >= 0xf0) return unitAt(ptr, at, 1);
  return at + 3 < length ? unitAt(ptr, at + 3, 0) : -1;
}
