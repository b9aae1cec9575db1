/**
 * How kernels see rows: absolute addresses of column buffers in one linear memory, wherever the rows
 * lie. A sealed RowBatch is opened into a view; a builder starts with a view of the rows appended so
 * far, so that one segment of a chain reads what the one before it wrote without sealing in between.
 * All buffers are 8-byte aligned at least.
 *
 * Schema descriptor (read only):
 *
 *   offset  size  type  field        meaning
 *        0     4  u32   columnCount  physical columns in pre-order
 *        4     4  u32   reserved
 *        8   8*n        columns: u8 physical, u8 reserved, u16 subtreeSize (1 + all descendants), u32 reserved
 *
 * View:
 *
 *   offset  size  type  field                  meaning
 *        0     4  u32   rowCount
 *        4     4  u32   columnCount
 *        8     4  u32   schemaPtr
 *       12     4  u32   timestampsPtr          i64[rowCount], 0 = no row has one
 *       16     4  u32   timestampsValidityPtr  bitmap, 0 = every row has one
 *       20     4  u32   keyGroupsPtr           u16[rowCount], 0 = absent
 *       24     4  u32   rowIndexesPtr          u32[rowCount], 0 = absent
 *       28     4  u32   opsPtr                 u8[rowCount], 0 = all inserts
 *       32    16*n      columns: u32 validityPtr (0 = no nulls), u32 dataPtr, u32 heapPtr, u32 heapLength
 *
 * In a view, offsets[0] of a variable width column need not be 0 (a slice of an input): offsets count
 * from heapPtr, and heapLength bounds them.
 *
 * Builder = view + room. Its buffers hold `rowCapacity` rows of each top-level column; heaps and the
 * columns below a LIST grow on demand. Behind the view's columns follows, at BUILDER offset
 * `32 + 16 * columnCount`:
 *
 *   offset  size  type  field             meaning
 *        0     4  u32   rowCapacity
 *        4     4  u32   byteCapacity      full when byteLength reaches it, even before rowCapacity
 *        8     4  u32   flags             BUILDER_WITH_*: which system columns it has room for
 *       12     4  u32   byteLength        sealed size so far, an upper bound
 *       16     4  u32   timestampsBuf     room for i64[rowCapacity] if BUILDER_WITH_TIMESTAMPS
 *       20     4  u32   timestampsValidityBuf
 *       24     4  u32   keyGroupsBuf
 *       28     4  u32   rowIndexesBuf
 *       32     4  u32   opsBuf
 *       36     4  u32   timestampCount    rows with a timestamp; 0 = the view shows no timestamps
 *       40    24*n      columns: u32 validityBuf, u32 valueCount, u32 valueCapacity, u32 heapCapacity, u32 nullCount, u32 reserved
 *
 * `validityBuf` is always there; the view's validityPtr is 0 until nullCount > 0. Bits of rows that were
 * never null are kept set. valueCount is kept for columns below a LIST only (the others have rowCount
 * values); the heapLength of a LIST is the valueCount of its element column. Bits of a BOOL column and
 * bits of the timestamps' validity are written for every row.
 *
 * Behind the builder's columns, at the next multiple of 64 from the start of the builder, lies the seal
 * area: sealed header and directory (`64 + 16 * columnCount`, rounded up to 64), then u32 segmentCount,
 * u32 byteLength and segments {u32 ptr, u32 length} (lengths are multiples of 64): the bytes of the
 * sealed batch in order, header first.
 */
export const SCHEMA_COLUMN_COUNT = 0;
export const SCHEMA_COLUMNS = 8;
export const SCHEMA_COLUMN_SIZE = 8;
export const SCHEMA_COLUMN_PHYSICAL = 0;
export const SCHEMA_COLUMN_SUBTREE_SIZE = 2;

export const VIEW_ROW_COUNT = 0;
export const VIEW_COLUMN_COUNT = 4;
export const VIEW_SCHEMA_PTR = 8;
export const VIEW_TIMESTAMPS_PTR = 12;
export const VIEW_TIMESTAMPS_VALIDITY_PTR = 16;
export const VIEW_KEY_GROUPS_PTR = 20;
export const VIEW_ROW_INDEXES_PTR = 24;
export const VIEW_OPS_PTR = 28;
export const VIEW_COLUMNS = 32;
export const VIEW_COLUMN_SIZE = 16;
export const VIEW_COLUMN_VALIDITY_PTR = 0;
export const VIEW_COLUMN_DATA_PTR = 4;
export const VIEW_COLUMN_HEAP_PTR = 8;
export const VIEW_COLUMN_HEAP_LENGTH = 12;

export const BUILDER_ROW_CAPACITY = 0;
export const BUILDER_BYTE_CAPACITY = 4;
export const BUILDER_FLAGS = 8;
export const BUILDER_BYTE_LENGTH = 12;
export const BUILDER_TIMESTAMPS_BUF = 16;
export const BUILDER_TIMESTAMPS_VALIDITY_BUF = 20;
export const BUILDER_KEY_GROUPS_BUF = 24;
export const BUILDER_ROW_INDEXES_BUF = 28;
export const BUILDER_OPS_BUF = 32;
export const BUILDER_TIMESTAMP_COUNT = 36;
export const BUILDER_COLUMNS = 40;
export const BUILDER_COLUMN_SIZE = 24;
export const BUILDER_COLUMN_VALIDITY_BUF = 0;
export const BUILDER_COLUMN_VALUE_COUNT = 4;
export const BUILDER_COLUMN_VALUE_CAPACITY = 8;
export const BUILDER_COLUMN_HEAP_CAPACITY = 12;
export const BUILDER_COLUMN_NULL_COUNT = 16;

export const SEAL_SEGMENT_COUNT = 0;
export const SEAL_BYTE_LENGTH = 4;
export const SEAL_SEGMENTS = 8;
export const SEAL_SEGMENT_PTR = 0;
export const SEAL_SEGMENT_LENGTH = 4;
export const SEAL_SEGMENT_SIZE = 8;

export const BUILDER_WITH_TIMESTAMPS = 1;
export const BUILDER_WITH_KEY_GROUPS = 2;
export const BUILDER_WITH_ROW_INDEXES = 4;
export const BUILDER_WITH_OPS = 8;
