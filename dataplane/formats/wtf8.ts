/**
 * WTF-8: UTF-8 in which a lone surrogate of a JavaScript string is kept as its three bytes, so that
 * every string comes back as it was.
 */

/** Code units turned into a string at a time; fromCharCode takes them as arguments. */
const CHUNK_UNITS = 4096;

/** Bytes of `text`. A lone surrogate counts three, as the replacement that Node counts in its place does. */
export function wtf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** `text` in bytes of its own. */
export function wtf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(wtf8Length(text));
  encodeWtf8(bytes, 0, text, 0);
  return bytes;
}

/** Writes `text` from unit `from` on; room for 3 bytes per unit is there. Answers where it ended. */
export function encodeWtf8(target: Uint8Array, at: number, text: string, from: number): number {
  for (let index = from; index < text.length; ++index) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      target[at++] = unit;
    } else if (unit < 0x800) {
      target[at++] = 0xc0 | (unit >> 6);
      target[at++] = 0x80 | (unit & 0x3f);
    } else {
      const low = isHighSurrogate(unit) ? text.charCodeAt(index + 1) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        const point = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        target[at++] = 0xf0 | (point >> 18);
        target[at++] = 0x80 | ((point >> 12) & 0x3f);
        target[at++] = 0x80 | ((point >> 6) & 0x3f);
        target[at++] = 0x80 | (point & 0x3f);
        ++index;
      } else {
        target[at++] = 0xe0 | (unit >> 12);
        target[at++] = 0x80 | ((unit >> 6) & 0x3f);
        target[at++] = 0x80 | (unit & 0x3f);
      }
    }
  }
  return at;
}

/**
 * Writes a long string natively, if it holds no lone surrogate: for those Node writes a replacement.
 * Room for wtf8Length() is there. Answers where it ended.
 */
export function encodeLongWtf8(target: Buffer, at: number, text: string): number {
  const written = target.write(text, at, "utf8");
  if (written === text.length || isWellFormed(text)) return at + written;
  return encodeWtf8(target, at, text, 0);
}

/** Decodes bytes that encodeWtf8() wrote. */
export function decodeWtf8(bytes: Uint8Array, from: number, end: number): string {
  let text = "";
  let units: number[] = [];
  for (let at = from; at < end; ) {
    const lead = bytes[at] as number;
    if (lead < 0x80) {
      units.push(lead);
      at += 1;
    } else if (lead < 0xe0) {
      units.push(((lead & 0x1f) << 6) | tail(bytes, at + 1));
      at += 2;
    } else if (lead < 0xf0) {
      units.push(((lead & 0x0f) << 12) | (tail(bytes, at + 1) << 6) | tail(bytes, at + 2));
      at += 3;
    } else {
      const high = ((lead & 0x07) << 18) | (tail(bytes, at + 1) << 12);
      const point = (high | (tail(bytes, at + 2) << 6) | tail(bytes, at + 3)) - 0x10000;
      units.push(0xd800 + (point >> 10), 0xdc00 + (point & 0x3ff));
      at += 4;
    }
    if (units.length >= CHUNK_UNITS) {
      text += String.fromCharCode(...units);
      units = [];
    }
  }
  return text + String.fromCharCode(...units);
}

/** No lone surrogate. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as WellFormedCheck).isWellFormed();
}

/** ES2024, in Node since version 20; missing in the compiler's library of this target. */
interface WellFormedCheck {
  isWellFormed(): boolean;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function tail(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) & 0x3f;
}
