/**
 * Keyed state in linear memory. Everything hangs on one address, the table root, and nothing lies in a
 * module's globals: another instance of the kernels over the same memory carries on.
 *
 * Layout descriptor, built by the host from key and field types only and owned by its table:
 *
 *   offset  size  type  field           meaning
 *        0     4  u32   slotSize        bytes of a slot, a multiple of 8
 *        4     4  u32   keyKind         TABLE_KEY_*
 *        8     4  u32   keyCount        columns the key is made of
 *       12     4  u32   fieldCount      top-level fields of the record
 *       16     4  u32   flagsOffset     in the slot: bit i = field i is null, bit fieldCount = has a timestamp
 *       20     4  u32   timestampOffset in the slot: i64, time of the key's last record; 0 = not kept
 *       24     4  u32   markOffset      in the slot: u32, scratch of the running kernel; 0 = none
 *       28     4  u32   hiddenKey       first column of the key column in state rows; TABLE_NONE = none
 *       32     4  u32   variableCount   fields that own a block
 *       36     4  u32   timestampsSeen  1 = some entry had a timestamp since the table was made
 *       40   8*n        key columns: u32 column, u32 physical
 *            24*n       fields (below)
 *             4*n       slot offsets of the fields that own a block
 *
 * Field of the layout:
 *
 *   offset  size  type  field           meaning
 *        0     4  u32   column          first physical column
 *        4     4  u32   physical        PHYSICAL_* of that column; LIST and STRUCT are kept as value blocks
 *        8     4  u32   offset          in the slot: the value, or u32 address of a block (0 = null)
 *       12     4  u32   isKey           1 = the key word is the value: read there, never written
 *       16     4  u32   nullsSeen       1 = some entry held a null here since the table was made
 *       20     4  u32   maxLength       most bytes a block of this field held
 *
 * Slot: one entry. Fixed-width keys lie inline; others are blocks that count their references.
 *
 *   offset  size  type  field           meaning
 *        0     8  u64   keyWord         inline: the key; else u32 block address, u32 hash
 *        8     4  u32   meta            0 empty; epoch of the last change; TABLE_DELETED | epoch of the
 *                                       deletion; TABLE_DELETED alone: deleted and forgotten
 *       12     4  u32   flags           see flagsOffset (here unless there are more than 31 fields)
 *       16              fields
 *
 * Block: u32 refCount, u32 length, bytes; those of strings have zeros up to 8 bytes. Blocks never change.
 * The hash in a slot stays as it is when a group is laid out anew: its function is part of the layout.
 */
export const TABLE_LAYOUT_SLOT_SIZE = 0;
export const TABLE_LAYOUT_KEY_KIND = 4;
export const TABLE_LAYOUT_KEY_COUNT = 8;
export const TABLE_LAYOUT_FIELD_COUNT = 12;
export const TABLE_LAYOUT_FLAGS_OFFSET = 16;
export const TABLE_LAYOUT_TIMESTAMP_OFFSET = 20;
export const TABLE_LAYOUT_MARK_OFFSET = 24;
export const TABLE_LAYOUT_HIDDEN_KEY = 28;
export const TABLE_LAYOUT_VARIABLE_COUNT = 32;
export const TABLE_LAYOUT_TIMESTAMPS_SEEN = 36;
export const TABLE_LAYOUT_KEYS = 40;
export const TABLE_KEY_COLUMN = 0;
export const TABLE_KEY_PHYSICAL = 4;
export const TABLE_KEY_SIZE = 8;

export const TABLE_FIELD_COLUMN = 0;
export const TABLE_FIELD_PHYSICAL = 4;
export const TABLE_FIELD_OFFSET = 8;
export const TABLE_FIELD_IS_KEY = 12;
export const TABLE_FIELD_NULLS_SEEN = 16;
export const TABLE_FIELD_MAX_LENGTH = 20;
export const TABLE_FIELD_SIZE = 24;

export const TABLE_NONE = 0xffffffff;

/** One BOOL, I32, I64 or F64 column; -0 is 0. */
export const TABLE_KEY_INLINE = 1;
/** One UTF8 or BINARY column. */
export const TABLE_KEY_BYTES = 2;
/** Several columns: fixed-width values and u32 length + bytes, one behind the other. */
export const TABLE_KEY_COMPOSITE = 3;

export const SLOT_KEY_WORD = 0;
export const SLOT_KEY_BLOCK = 0;
export const SLOT_KEY_HASH = 4;
export const SLOT_META = 8;
export const SLOT_FLAGS = 12;
export const SLOT_FIELDS = 16;
export const TABLE_DELETED = 0x80000000;
export const TABLE_FIRST_EPOCH = 1;

export const BLOCK_REF_COUNT = 0;
export const BLOCK_LENGTH = 4;
export const BLOCK_BYTES = 8;

/**
 * Table root. `scratch` holds what one kernel call needs for a run of at most TABLE_CHUNK_ROWS rows.
 *
 *   offset  size  type  field           meaning
 *        0     4  u32   magic           TABLE_MAGIC
 *        4     4  u32   layoutPtr
 *        8     4  u32   directoryPtr    TableGroup[groupCount]
 *       12     4  u32   groupCount
 *       16     4  u32   firstGroup      key group of directory entry 0
 *       20     4  u32   slotSize
 *       24     4  u32   epoch           stamped on what changes now
 *       28     4  u32   baseEpoch       changes of earlier epochs are in a snapshot; 0 = there is none
 *       32     8  u64   seed            of the hash
 *       40     4  u32   frozenEpoch     last epoch of the snapshot being encoded; 0 = not frozen
 *       44     4  u32   encodeMode      TABLE_FULL or TABLE_DELTA
 *       48     4  u32   encodeGroup     directory entry to encode next
 *       52     4  u32   encodeSlot      its next slot; TABLE_NONE = all slots seen, now its saved images
 *       56     4  u32   encodeImage     its next saved image
 *       60     4  u32   entryCount      live entries
 *       64     8  u64   byteCount       bytes borrowed from the allocator
 *       72     4  u32   status          why the last call stopped early
 *       76     4  u32   growGroup       address of the directory entry that must grow first; 0 = none
 *       80     4  u32   newCount        entries made by the last call
 *       84     4  u32   keysPtr         u64[n] of the prepared rows (inline keys)
 *       88     4  u32   scratchPtr
 *       92     4  u32   keyBufferPtr    encoded composite keys
 *       96     4  u32   keyBufferSize
 *      100     4  u32   maxKeyLength    most bytes an interned key has
 *      104     4  u32   emptySlotsPtr   two empty slots: every group's slots until it has an entry
 *      108     4  u32   scanGroup       where the next scan starts
 *      112     4  u32   scanSlot
 *      116     4  u32   chunksPtr       small blocks: list of chunks {u32 next, u32 size}
 *      120     4  u32   chunkTop        first byte never handed out of the newest chunk
 *      124     4  u32   chunkEnd
 *      128  4*3   u32   freeBlocks      free blocks of 16, 32 and 48 bytes
 *      140     4  u32   scannedGroup    directory index of what the last scan listed
 */
export const TABLE_MAGIC = 0x3154524d; // "MRT1"
export const TABLE_LAYOUT_PTR = 4;
export const TABLE_DIRECTORY_PTR = 8;
export const TABLE_GROUP_COUNT = 12;
export const TABLE_FIRST_GROUP = 16;
export const TABLE_SLOT_SIZE = 20;
export const TABLE_EPOCH = 24;
export const TABLE_BASE_EPOCH = 28;
export const TABLE_SEED = 32;
export const TABLE_FROZEN_EPOCH = 40;
export const TABLE_ENCODE_MODE = 44;
export const TABLE_ENCODE_GROUP = 48;
export const TABLE_ENCODE_SLOT = 52;
export const TABLE_ENCODE_IMAGE = 56;
export const TABLE_ENTRY_COUNT = 60;
export const TABLE_BYTE_COUNT = 64;
export const TABLE_STATUS = 72;
export const TABLE_GROW_GROUP = 76;
export const TABLE_NEW_COUNT = 80;
export const TABLE_KEYS_PTR = 84;
export const TABLE_SCRATCH_PTR = 88;
export const TABLE_KEY_BUFFER_PTR = 92;
export const TABLE_KEY_BUFFER_SIZE = 96;
export const TABLE_MAX_KEY_LENGTH = 100;
export const TABLE_EMPTY_SLOTS_PTR = 104;
export const TABLE_SCAN_GROUP = 108;
export const TABLE_SCAN_SLOT = 112;
export const TABLE_CHUNKS_PTR = 116;
export const TABLE_CHUNK_TOP = 120;
export const TABLE_CHUNK_END = 124;
export const TABLE_FREE_BLOCKS = 128;
export const TABLE_SCANNED_GROUP = 140;
export const TABLE_ROOT_SIZE = 144;

/** All entries. */
export const TABLE_FULL = 0;
/** What changed since the last snapshot that was encoded to its end. */
export const TABLE_DELTA = 1;

/**
 * Directory entry, one per key group of the subtask: an open-addressing table of its own.
 *
 *   offset  size  type  field           meaning
 *        0     4  u32   slotsPtr        slots[mask + 1]
 *        4     4  u32   shift           home slot = hash >> shift (64 - log2 of the capacity)
 *        8     4  u32   mask            capacity - 1
 *       12     4  u32   limit           grows before more slots than this are used
 *       16     4  u32   usedCount       live and deleted entries
 *       20     4  u32   liveCount
 *       24     4  u32   dirtyPtr        bitmap of the slots changed since the last freeze; 0 = none
 *       28     4  u32   frozenDirtyPtr  the same of the frozen epoch
 *       32     4  u32   imagesPtr       slots as they were when the table was frozen
 *       36     4  u32   imageCount
 *       40     4  u32   imageCapacity
 *       44     4  u32   homes           HOMES_*: how home slots follow from inline keys
 *       48    16  -     reserved        0
 */
export const GROUP_SLOTS_PTR = 0;
export const GROUP_SHIFT = 4;
export const GROUP_MASK = 8;
export const GROUP_LIMIT = 12;
export const GROUP_USED_COUNT = 16;
export const GROUP_LIVE_COUNT = 20;
export const GROUP_DIRTY_PTR = 24;
export const GROUP_FROZEN_DIRTY_PTR = 28;
export const GROUP_IMAGES_PTR = 32;
export const GROUP_IMAGE_COUNT = 36;
export const GROUP_IMAGE_CAPACITY = 40;
export const GROUP_HOMES = 44;
export const GROUP_SIZE_LOG2 = 6;
export const GROUP_SIZE = 64;

/** The upper bits of the key's hash. */
export const HOMES_HASHED = 0;
/** The lower bits of the key: the keys were numbers so close together that no two met. */
export const HOMES_DENSE = 1;
/** HOMES_HASHED from now on: keys came that did meet. */
export const HOMES_CROWDED = 2;

export const TABLE_CHUNK_ROWS = 1024;
/** Scratch: offsets of its arrays, TABLE_CHUNK_ROWS elements each. */
export const SCRATCH_KEYS = 0; // u64: inline keys, or the first 8 bytes of others (zeros behind them)
export const SCRATCH_ENTRIES = 8192; // u32: slot of each row
export const SCRATCH_NEW_ROWS = 12288; // u32: rows that made their entry
export const SCRATCH_KEY_PTRS = 16384; // u32: bytes of each key
export const SCRATCH_KEY_LENGTHS = 20480; // u32
export const SCRATCH_KEY_HASHES = 24576; // u32
export const SCRATCH_ROWS = 28672; // u32: for the caller
export const SCRATCH_MISSED = 32768; // u32: rows that are not at their home slot
export const SCRATCH_SIZE = 36864;
