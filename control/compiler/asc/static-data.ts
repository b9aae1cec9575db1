/** Where a module puts its static data, read from its binary form. */

/** Bytes from `start` to before `end` of linear memory. */
export interface DataRange {
  readonly start: number;
  readonly end: number;
}

const HEADER_SIZE = 8;
const DATA_SECTION = 11;
const FLAG_ACTIVE = 0;
const FLAG_PASSIVE = 1;
const OP_I32_CONST = 0x41;
const OP_END = 0x0b;

/** The range all active data segments lie in, or null when there are none. Throws where a segment's place is not constant. */
export function staticDataRange(wasm: Uint8Array): DataRange | null {
  const reader = new BinaryReader(wasm, HEADER_SIZE);
  while (!reader.isAtEnd) {
    const section = reader.byte();
    const end = reader.unsigned() + reader.offset;
    if (section === DATA_SECTION) return readSegments(reader);
    reader.offset = end;
  }
  return null;
}

function readSegments(reader: BinaryReader): DataRange | null {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (let count = reader.unsigned(); count > 0; --count) {
    const flag = reader.unsigned();
    if (flag !== FLAG_ACTIVE && flag !== FLAG_PASSIVE) throw new Error(`data segment flag ${flag}`);
    const isActive = flag === FLAG_ACTIVE;
    const from = isActive ? reader.constant() : 0;
    const length = reader.unsigned();
    reader.offset += length;
    if (!isActive) continue;
    start = Math.min(start, from);
    end = Math.max(end, from + length);
  }
  return end === 0 ? null : { start, end };
}

class BinaryReader {
  readonly #bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  get isAtEnd(): boolean {
    return this.offset >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.offset];
    if (value === undefined) throw new Error("the module is cut off");
    this.offset += 1;
    return value;
  }

  /** LEB128. */
  unsigned(): number {
    let value = 0;
    let shift = 0;
    let byte = 0x80;
    while (byte >= 0x80) {
      byte = this.byte();
      value |= (byte & 0x7f) << shift;
      shift += 7;
    }
    return value >>> 0;
  }

  /** The address in `i32.const address end`, read as if it had no sign: none here is near 2^31. */
  constant(): number {
    if (this.byte() !== OP_I32_CONST) throw new Error("a data segment has no constant address");
    const value = this.unsigned();
    if (this.byte() !== OP_END) throw new Error("a data segment has no constant address");
    return value;
  }
}
