/** Header and footer of a state file (protocol/state-file-layout.ts). */
import type { Crc32c } from "../memory/crc32c.ts";
import {
  STATE_FILE_VERSION,
  STATE_FOOTER_CRC,
  STATE_FOOTER_FILE_LENGTH,
  STATE_FOOTER_INDEX_CRC,
  STATE_FOOTER_INDEX_LENGTH,
  STATE_FOOTER_INDEX_OFFSET,
  STATE_FOOTER_MAGIC,
  STATE_FOOTER_MAGIC_OFFSET,
  STATE_FOOTER_SIZE,
  STATE_HEADER_CRC,
  STATE_HEADER_MAGIC,
  STATE_HEADER_SIZE,
  STATE_HEADER_VERSION,
} from "../protocol/state-file-layout.ts";

export function encodeHeader(crc32c: Crc32c, version = STATE_FILE_VERSION): Uint8Array {
  const bytes = Buffer.alloc(STATE_HEADER_SIZE);
  bytes.write(STATE_HEADER_MAGIC, "latin1");
  bytes.writeUInt32LE(version, STATE_HEADER_VERSION);
  bytes.writeUInt32LE(crc32c.of(bytes.subarray(0, STATE_HEADER_CRC)), STATE_HEADER_CRC);
  return bytes;
}

/** The version of the format; null = the bytes are no header. */
export function decodeHeader(crc32c: Crc32c, header: Uint8Array): number | null {
  if (header.length < STATE_HEADER_SIZE) return null;
  const bytes = Buffer.from(header.buffer, header.byteOffset, STATE_HEADER_SIZE);
  const magic = bytes.toString("latin1", 0, STATE_HEADER_MAGIC.length);
  if (magic !== STATE_HEADER_MAGIC) return null;
  const expected = crc32c.of(bytes.subarray(0, STATE_HEADER_CRC));
  return bytes.readUInt32LE(STATE_HEADER_CRC) === expected
    ? bytes.readUInt32LE(STATE_HEADER_VERSION)
    : null;
}

export interface StateFooter {
  readonly bytes: Uint8Array;
  readonly fileLength: number;
  readonly crc32c: number;
}

export function encodeFooter(
  crc32c: Crc32c,
  { indexOffset, index }: { readonly indexOffset: number; readonly index: Uint8Array },
): StateFooter {
  const bytes = Buffer.alloc(STATE_FOOTER_SIZE);
  const fileLength = indexOffset + index.length + STATE_FOOTER_SIZE;
  bytes.writeBigUInt64LE(BigInt(fileLength), STATE_FOOTER_FILE_LENGTH);
  bytes.writeBigUInt64LE(BigInt(indexOffset), STATE_FOOTER_INDEX_OFFSET);
  bytes.writeUInt32LE(index.length, STATE_FOOTER_INDEX_LENGTH);
  bytes.writeUInt32LE(crc32c.of(index), STATE_FOOTER_INDEX_CRC);
  bytes.write(STATE_FOOTER_MAGIC, STATE_FOOTER_MAGIC_OFFSET, "latin1");
  const crc = crc32c.of(bytes.subarray(0, STATE_FOOTER_CRC));
  bytes.writeUInt32LE(crc, STATE_FOOTER_CRC);
  return { bytes, fileLength, crc32c: crc };
}

export interface IndexPlace {
  readonly offset: number;
  readonly length: number;
  readonly crc32c: number;
}

/** Where the index is, or why the bytes are no footer of a file of `fileLength`. */
export function decodeFooter(
  crc32c: Crc32c,
  footer: Uint8Array,
  fileLength: number,
): IndexPlace | string {
  const bytes = Buffer.from(footer.buffer, footer.byteOffset, footer.byteLength);
  const magicEnd = STATE_FOOTER_MAGIC_OFFSET + STATE_FOOTER_MAGIC.length;
  if (bytes.toString("latin1", STATE_FOOTER_MAGIC_OFFSET, magicEnd) !== STATE_FOOTER_MAGIC) {
    return "it has no end: it was cut off, or something was written over it";
  }
  if (bytes.readUInt32LE(STATE_FOOTER_CRC) !== crc32c.of(bytes.subarray(0, STATE_FOOTER_CRC))) {
    return "the checksum of its footer is wrong";
  }
  const written = Number(bytes.readBigUInt64LE(STATE_FOOTER_FILE_LENGTH));
  if (written !== fileLength) return `it has ${fileLength} of ${written} bytes`;
  const offset = Number(bytes.readBigUInt64LE(STATE_FOOTER_INDEX_OFFSET));
  const length = bytes.readUInt32LE(STATE_FOOTER_INDEX_LENGTH);
  if (offset + length + STATE_FOOTER_SIZE !== fileLength) return "its index lies outside of it";
  return { offset, length, crc32c: bytes.readUInt32LE(STATE_FOOTER_INDEX_CRC) };
}
