/**
 * Ring: a single-producer, single-consumer byte queue in a SharedArrayBuffer. Positions count bytes
 * for ever modulo 2^32; `position & (capacity - 1)` is the place in the data area. Head and tail lie on
 * cache lines of their own.
 *
 *   offset  size  type  field           written by  meaning
 *        0     4  u32   capacity        creator     bytes of the data area, a power of two
 *        4     4  u32   reserved
 *       64     4  u32   tail            producer    bytes written
 *       68     4  i32   closed          producer    RING_OPEN, or why it will write no more
 *       72     4  i32   roomWanted      both        bytes the producer waits for: the consumer rings the
 *                                                   producer's doorbell when they are free and writes 0
 *      128     4  u32   head            consumer    bytes read
 *      132     4  i32   consumerGone    consumer    1 = nobody will read any more
 *      192              data area
 *
 * Data frames leave RING_CONTROL_RESERVE bytes free, so that a control frame never waits behind data
 * that cannot be written.
 */
export const RING_CAPACITY = 0;
export const RING_TAIL = 64;
export const RING_CLOSED = 68;
export const RING_ROOM_WANTED = 72;
export const RING_HEAD = 128;
export const RING_CONSUMER_GONE = 132;
export const RING_HEADER_SIZE = 192;
export const RING_CONTROL_RESERVE = 1024;
export const RING_MIN_CAPACITY = 16384;
export const RING_MAX_CAPACITY = 4194304;

export const RING_OPEN = 0;
export const RING_PRODUCER_FAILED = 1;

/**
 * Doorbell: one per worker thread (i32[16] = 64 bytes each). Producers and consumers on other threads
 * add 1 to `sequence` and notify if `sleeping` is set.
 */
export const DOORBELL_SEQUENCE = 0;
export const DOORBELL_SLEEPING = 4;
export const DOORBELL_SIZE = 64;
