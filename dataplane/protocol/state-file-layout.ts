/**
 * State file: what one subtask contributes to a snapshot. Little-endian, nothing is aligned.
 *
 *   header | block ... | index | footer
 *
 * Header:
 *
 *   offset  size  type  field    meaning
 *        0     8  -     magic    "MRSTATE" and a zero
 *        8     4  u32   version  STATE_FILE_VERSION
 *       12     4  u32   crc32c   of the 12 bytes in front
 *
 * Block, header and payload; one follows the other without a gap:
 *
 *   offset  size  type  field          meaning
 *        0     2  u16   section        STATE_SECTION_*
 *        2     2  u16   codec          STATE_CODEC_*
 *        4     4  u32   operator       number in the index's list of operators
 *        8     4  u32   type           rows: number in the index's list of types; else 0
 *       12     4  u32   firstKeyGroup  rows: none of an earlier key group; else 0
 *       16     4  u32   lastKeyGroup   rows: none of a later key group; else 0
 *       20     4  u32   count          rows, or values of operator state
 *       24     4  u32   rawLength      bytes of the payload once it is decoded
 *       28     4  u32   storedLength   bytes of the payload as it lies here
 *       32     4  u32   crc32c         of the 32 bytes in front and the payload
 *       36     -  -     payload        rows: a sealed RowBatch (batch-layout.ts); operator state: an entry, packed
 *
 * The index is JSON in UTF-8 (snapshot/state-file-index.ts). Footer, the last 40 bytes:
 *
 *   offset  size  type  field        meaning
 *        0     8  u64   fileLength   footer included
 *        8     8  u64   indexOffset  where the last block ends
 *       16     4  u32   indexLength
 *       20     4  u32   indexCrc32c  of the index, which holds the CRC of every block
 *       24     8  -     magic        "MREND" and zeros
 *       32     4  u32   reserved     0
 *       36     4  u32   crc32c       of the 36 bytes in front: with the length, what manifests know the file by
 */
export const STATE_FILE_VERSION = 1;

export const STATE_HEADER_MAGIC = "MRSTATE\0";
export const STATE_HEADER_VERSION = 8;
export const STATE_HEADER_CRC = 12;
export const STATE_HEADER_SIZE = 16;

export const STATE_BLOCK_SECTION = 0;
export const STATE_BLOCK_CODEC = 2;
export const STATE_BLOCK_OPERATOR = 4;
export const STATE_BLOCK_TYPE = 8;
export const STATE_BLOCK_FIRST_KEY_GROUP = 12;
export const STATE_BLOCK_LAST_KEY_GROUP = 16;
export const STATE_BLOCK_COUNT = 20;
export const STATE_BLOCK_RAW_LENGTH = 24;
export const STATE_BLOCK_STORED_LENGTH = 28;
export const STATE_BLOCK_CRC = 32;
export const STATE_BLOCK_HEADER_SIZE = 36;

export const STATE_FOOTER_FILE_LENGTH = 0;
export const STATE_FOOTER_INDEX_OFFSET = 8;
export const STATE_FOOTER_INDEX_LENGTH = 16;
export const STATE_FOOTER_INDEX_CRC = 20;
export const STATE_FOOTER_MAGIC_OFFSET = 24;
export const STATE_FOOTER_MAGIC = "MREND\0\0\0";
export const STATE_FOOTER_CRC = 36;
export const STATE_FOOTER_SIZE = 40;

export const STATE_SECTION_ROWS = 1;
export const STATE_SECTION_OPERATOR_STATE = 2;
/** Frames that were under way when an unaligned checkpoint was taken. Not written by this version. */
export const STATE_SECTION_IN_FLIGHT = 3;

export const STATE_CODEC_NONE = 0;
/** Raw deflate (RFC 1951). */
export const STATE_CODEC_DEFLATE = 1;
