/**
 * Frame: what travels in a ring, in order. Every frame starts at a multiple of 64 bytes and never
 * wraps around the end of the ring: a PAD frame fills the rest.
 *
 *   offset  size  type  field        meaning
 *        0     4  u32   byteLength   header and payload, a multiple of 64
 *        4     4  u32   kind         FRAME_*
 *        8     4  u32   payloadLength bytes behind the header that count
 *       12     4  u32   arg32        CHUNK: chunks still to come; SCHEMA: schema id;
 *                                    STATUS: 0 idle, 1 active; BARRIER: options, see checkpoint.ts
 *       16     8  i64   arg64        WATERMARK: ms; BARRIER: checkpoint id;
 *                                    CHUNK, SCHEMA: bytes of all parts
 *       24     8  i64   extra64      BARRIER: trigger time in ms
 *       32    32  -     reserved     0
 *       64              payload      DATA, CHUNK: RowBatch bytes; SCHEMA: UTF-8 JSON of a BatchType
 *
 * A RowBatch too large for one frame travels as CHUNK frames with nothing between them, a long type
 * as several SCHEMA frames. SCHEMA precedes the first batch with its id. END_OF_INPUT is the last
 * frame of a producer that finished; the ring's `closed` word says a producer went away without one.
 */
export const FRAME_BYTE_LENGTH = 0;
export const FRAME_KIND = 4;
export const FRAME_PAYLOAD_LENGTH = 8;
export const FRAME_ARG32 = 12;
export const FRAME_ARG64 = 16;
export const FRAME_EXTRA64 = 24;
export const FRAME_HEADER_SIZE = 64;

export const FRAME_PAD = 0;
export const FRAME_DATA = 1;
export const FRAME_CHUNK = 2;
export const FRAME_WATERMARK = 3;
export const FRAME_STATUS = 4;
export const FRAME_BARRIER = 5;
export const FRAME_END_OF_INPUT = 6;
export const FRAME_SCHEMA = 7;

export const STREAM_STATUS_IDLE = 0;
export const STREAM_STATUS_ACTIVE = 1;
