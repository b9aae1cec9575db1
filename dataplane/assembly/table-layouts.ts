/**
 * The structures of tables and rolling aggregates as classes, so that the compiler says where their
 * fields lie: see layouts.ts.
 */
import {
  FOLD_BASE,
  FOLD_ENTRIES_PTR,
  FOLD_FINAL_ONLY,
  FOLD_ROW_LAYOUT_PTR,
  FOLD_SIZE,
  FOLD_SOURCES_PTR,
  FOLD_TABLE_PTR,
} from "../protocol/fold-layout.ts";
import {
  ROLLING_FIELD,
  ROLLING_FINAL_ONLY,
  ROLLING_FUNCTION,
  ROLLING_IS_BY_ROW,
  ROLLING_KEEPS_FIRST,
  ROLLING_NEXT_ROW,
  ROLLING_SIZE,
  ROLLING_TABLE_PTR,
  ROLLING_WINNERS_PTR,
} from "../protocol/rolling-layout.ts";
import {
  BLOCK_BYTES,
  BLOCK_LENGTH,
  BLOCK_REF_COUNT,
  GROUP_DIRTY_PTR,
  GROUP_FROZEN_DIRTY_PTR,
  GROUP_HOMES,
  GROUP_IMAGE_CAPACITY,
  GROUP_IMAGE_COUNT,
  GROUP_IMAGES_PTR,
  GROUP_LIMIT,
  GROUP_LIVE_COUNT,
  GROUP_MASK,
  GROUP_SHIFT,
  GROUP_SIZE,
  GROUP_SLOTS_PTR,
  GROUP_USED_COUNT,
  SLOT_FIELDS,
  SLOT_FLAGS,
  SLOT_KEY_BLOCK,
  SLOT_KEY_HASH,
  SLOT_KEY_WORD,
  SLOT_META,
  TABLE_BASE_EPOCH,
  TABLE_BYTE_COUNT,
  TABLE_CHUNK_END,
  TABLE_CHUNK_TOP,
  TABLE_CHUNKS_PTR,
  TABLE_DIRECTORY_PTR,
  TABLE_EMPTY_SLOTS_PTR,
  TABLE_ENCODE_GROUP,
  TABLE_ENCODE_IMAGE,
  TABLE_ENCODE_MODE,
  TABLE_ENCODE_SLOT,
  TABLE_ENTRY_COUNT,
  TABLE_EPOCH,
  TABLE_FIELD_COLUMN,
  TABLE_FIELD_IS_KEY,
  TABLE_FIELD_MAX_LENGTH,
  TABLE_FIELD_NULLS_SEEN,
  TABLE_FIELD_OFFSET,
  TABLE_FIELD_PHYSICAL,
  TABLE_FIELD_SIZE,
  TABLE_FIRST_GROUP,
  TABLE_FREE_BLOCKS,
  TABLE_FROZEN_EPOCH,
  TABLE_GROUP_COUNT,
  TABLE_GROW_GROUP,
  TABLE_KEY_BUFFER_PTR,
  TABLE_KEY_BUFFER_SIZE,
  TABLE_KEY_COLUMN,
  TABLE_KEY_PHYSICAL,
  TABLE_KEY_SIZE,
  TABLE_KEYS_PTR,
  TABLE_LAYOUT_FIELD_COUNT,
  TABLE_LAYOUT_FLAGS_OFFSET,
  TABLE_LAYOUT_HIDDEN_KEY,
  TABLE_LAYOUT_KEY_COUNT,
  TABLE_LAYOUT_KEY_KIND,
  TABLE_LAYOUT_KEYS,
  TABLE_LAYOUT_MARK_OFFSET,
  TABLE_LAYOUT_PTR,
  TABLE_LAYOUT_SLOT_SIZE,
  TABLE_LAYOUT_TIMESTAMP_OFFSET,
  TABLE_LAYOUT_TIMESTAMPS_SEEN,
  TABLE_LAYOUT_VARIABLE_COUNT,
  TABLE_MAX_KEY_LENGTH,
  TABLE_NEW_COUNT,
  TABLE_ROOT_SIZE,
  TABLE_SCAN_GROUP,
  TABLE_SCAN_SLOT,
  TABLE_SCANNED_GROUP,
  TABLE_SCRATCH_PTR,
  TABLE_SEED,
  TABLE_SLOT_SIZE,
  TABLE_STATUS,
} from "../protocol/table-layout.ts";

@unmanaged
class LayoutHeader {
  slotSize: u32;
  keyKind: u32;
  keyCount: u32;
  fieldCount: u32;
  flagsOffset: u32;
  timestampOffset: u32;
  markOffset: u32;
  hiddenKey: u32;
  variableCount: u32;
  timestampsSeen: u32;
}

@unmanaged
class KeyColumn {
  column: u32;
  physical: u32;
}

@unmanaged
class Field {
  column: u32;
  physical: u32;
  offset: u32;
  isKey: u32;
  nullsSeen: u32;
  maxLength: u32;
}

@unmanaged
class Slot {
  keyWord: u64;
  meta: u32;
  flags: u32;
}

@unmanaged
class KeyBlock {
  block: u32;
  hash: u32;
}

@unmanaged
class Block {
  refCount: u32;
  length: u32;
}

@unmanaged
class Root {
  magic: u32;
  layoutPtr: u32;
  directoryPtr: u32;
  groupCount: u32;
  firstGroup: u32;
  slotSize: u32;
  epoch: u32;
  baseEpoch: u32;
  seed: u64;
  frozenEpoch: u32;
  encodeMode: u32;
  encodeGroup: u32;
  encodeSlot: u32;
  encodeImage: u32;
  entryCount: u32;
  byteCount: u64;
  status: i32;
  growGroup: u32;
  newCount: u32;
  keysPtr: u32;
  scratchPtr: u32;
  keyBufferPtr: u32;
  keyBufferSize: u32;
  maxKeyLength: u32;
  emptySlotsPtr: u32;
  scanGroup: u32;
  scanSlot: u32;
  chunksPtr: u32;
  chunkTop: u32;
  chunkEnd: u32;
  freeBlocks: u32;
  free32: u32;
  free48: u32;
  scannedGroup: u32;
}

@unmanaged
class Group {
  slotsPtr: u32;
  shift: u32;
  mask: u32;
  limit: u32;
  usedCount: u32;
  liveCount: u32;
  dirtyPtr: u32;
  frozenDirtyPtr: u32;
  imagesPtr: u32;
  imageCount: u32;
  imageCapacity: u32;
  homes: u32;
  reserved2: u64;
  reserved3: u64;
}

@unmanaged
class Fold {
  tablePtr: u32;
  finalOnly: u32;
  base: u32;
  entriesPtr: u32;
  sourcesPtr: u32;
  rowLayoutPtr: u32;
}

@unmanaged
class Rolling {
  tablePtr: u32;
  func: u32;
  field: u32;
  keepsFirst: u32;
  finalOnly: u32;
  nextRow: u32;
  winnersPtr: u32;
  isByRow: u32;
}

/** Nothing at run time; called so that it is compiled. */
export function checkTableLayouts(): void {
  checkLayout();
  checkEntries();
  checkRoot();
  checkRolling();
  checkFold();
}

function checkLayout(): void {
  if (offsetof<LayoutHeader>("slotSize") !== TABLE_LAYOUT_SLOT_SIZE)
    ERROR("TABLE_LAYOUT_SLOT_SIZE");
  if (offsetof<LayoutHeader>("keyKind") !== TABLE_LAYOUT_KEY_KIND) ERROR("TABLE_LAYOUT_KEY_KIND");
  if (offsetof<LayoutHeader>("keyCount") !== TABLE_LAYOUT_KEY_COUNT)
    ERROR("TABLE_LAYOUT_KEY_COUNT");
  if (offsetof<LayoutHeader>("fieldCount") !== TABLE_LAYOUT_FIELD_COUNT)
    ERROR("TABLE_LAYOUT_FIELD_COUNT");
  if (offsetof<LayoutHeader>("flagsOffset") !== TABLE_LAYOUT_FLAGS_OFFSET)
    ERROR("TABLE_LAYOUT_FLAGS_OFFSET");
  if (offsetof<LayoutHeader>("timestampOffset") !== TABLE_LAYOUT_TIMESTAMP_OFFSET)
    ERROR("TABLE_LAYOUT_TIMESTAMP_OFFSET");
  if (offsetof<LayoutHeader>("markOffset") !== TABLE_LAYOUT_MARK_OFFSET)
    ERROR("TABLE_LAYOUT_MARK_OFFSET");
  if (offsetof<LayoutHeader>("hiddenKey") !== TABLE_LAYOUT_HIDDEN_KEY)
    ERROR("TABLE_LAYOUT_HIDDEN_KEY");
  if (offsetof<LayoutHeader>("variableCount") !== TABLE_LAYOUT_VARIABLE_COUNT)
    ERROR("TABLE_LAYOUT_VARIABLE_COUNT");
  if (offsetof<LayoutHeader>("timestampsSeen") !== TABLE_LAYOUT_TIMESTAMPS_SEEN)
    ERROR("TABLE_LAYOUT_TIMESTAMPS_SEEN");
  if (offsetof<LayoutHeader>() !== TABLE_LAYOUT_KEYS) ERROR("TABLE_LAYOUT_KEYS");
  if (offsetof<KeyColumn>("column") !== TABLE_KEY_COLUMN) ERROR("TABLE_KEY_COLUMN");
  if (offsetof<KeyColumn>("physical") !== TABLE_KEY_PHYSICAL) ERROR("TABLE_KEY_PHYSICAL");
  if (offsetof<KeyColumn>() !== TABLE_KEY_SIZE) ERROR("TABLE_KEY_SIZE");
  if (offsetof<Field>("column") !== TABLE_FIELD_COLUMN) ERROR("TABLE_FIELD_COLUMN");
  if (offsetof<Field>("physical") !== TABLE_FIELD_PHYSICAL) ERROR("TABLE_FIELD_PHYSICAL");
  if (offsetof<Field>("offset") !== TABLE_FIELD_OFFSET) ERROR("TABLE_FIELD_OFFSET");
  if (offsetof<Field>("isKey") !== TABLE_FIELD_IS_KEY) ERROR("TABLE_FIELD_IS_KEY");
  if (offsetof<Field>("nullsSeen") !== TABLE_FIELD_NULLS_SEEN) ERROR("TABLE_FIELD_NULLS_SEEN");
  if (offsetof<Field>("maxLength") !== TABLE_FIELD_MAX_LENGTH) ERROR("TABLE_FIELD_MAX_LENGTH");
  if (offsetof<Field>() !== TABLE_FIELD_SIZE) ERROR("TABLE_FIELD_SIZE");
}

function checkEntries(): void {
  if (offsetof<Slot>("keyWord") !== SLOT_KEY_WORD) ERROR("SLOT_KEY_WORD");
  if (offsetof<Slot>("meta") !== SLOT_META) ERROR("SLOT_META");
  if (offsetof<Slot>("flags") !== SLOT_FLAGS) ERROR("SLOT_FLAGS");
  if (offsetof<Slot>() !== SLOT_FIELDS) ERROR("SLOT_FIELDS");
  if (offsetof<KeyBlock>("block") !== SLOT_KEY_BLOCK) ERROR("SLOT_KEY_BLOCK");
  if (offsetof<KeyBlock>("hash") !== SLOT_KEY_HASH) ERROR("SLOT_KEY_HASH");
  if (offsetof<Block>("refCount") !== BLOCK_REF_COUNT) ERROR("BLOCK_REF_COUNT");
  if (offsetof<Block>("length") !== BLOCK_LENGTH) ERROR("BLOCK_LENGTH");
  if (offsetof<Block>() !== BLOCK_BYTES) ERROR("BLOCK_BYTES");
}

function checkRoot(): void {
  if (offsetof<Root>("layoutPtr") !== TABLE_LAYOUT_PTR) ERROR("TABLE_LAYOUT_PTR");
  if (offsetof<Root>("directoryPtr") !== TABLE_DIRECTORY_PTR) ERROR("TABLE_DIRECTORY_PTR");
  if (offsetof<Root>("groupCount") !== TABLE_GROUP_COUNT) ERROR("TABLE_GROUP_COUNT");
  if (offsetof<Root>("firstGroup") !== TABLE_FIRST_GROUP) ERROR("TABLE_FIRST_GROUP");
  if (offsetof<Root>("slotSize") !== TABLE_SLOT_SIZE) ERROR("TABLE_SLOT_SIZE");
  if (offsetof<Root>("epoch") !== TABLE_EPOCH) ERROR("TABLE_EPOCH");
  if (offsetof<Root>("baseEpoch") !== TABLE_BASE_EPOCH) ERROR("TABLE_BASE_EPOCH");
  if (offsetof<Root>("seed") !== TABLE_SEED) ERROR("TABLE_SEED");
  if (offsetof<Root>("frozenEpoch") !== TABLE_FROZEN_EPOCH) ERROR("TABLE_FROZEN_EPOCH");
  if (offsetof<Root>("encodeMode") !== TABLE_ENCODE_MODE) ERROR("TABLE_ENCODE_MODE");
  if (offsetof<Root>("encodeGroup") !== TABLE_ENCODE_GROUP) ERROR("TABLE_ENCODE_GROUP");
  if (offsetof<Root>("encodeSlot") !== TABLE_ENCODE_SLOT) ERROR("TABLE_ENCODE_SLOT");
  if (offsetof<Root>("encodeImage") !== TABLE_ENCODE_IMAGE) ERROR("TABLE_ENCODE_IMAGE");
  if (offsetof<Root>("entryCount") !== TABLE_ENTRY_COUNT) ERROR("TABLE_ENTRY_COUNT");
  if (offsetof<Root>("byteCount") !== TABLE_BYTE_COUNT) ERROR("TABLE_BYTE_COUNT");
  if (offsetof<Root>("status") !== TABLE_STATUS) ERROR("TABLE_STATUS");
  if (offsetof<Root>("growGroup") !== TABLE_GROW_GROUP) ERROR("TABLE_GROW_GROUP");
  if (offsetof<Root>("newCount") !== TABLE_NEW_COUNT) ERROR("TABLE_NEW_COUNT");
  if (offsetof<Root>("keysPtr") !== TABLE_KEYS_PTR) ERROR("TABLE_KEYS_PTR");
  if (offsetof<Root>("scratchPtr") !== TABLE_SCRATCH_PTR) ERROR("TABLE_SCRATCH_PTR");
  if (offsetof<Root>("keyBufferPtr") !== TABLE_KEY_BUFFER_PTR) ERROR("TABLE_KEY_BUFFER_PTR");
  if (offsetof<Root>("keyBufferSize") !== TABLE_KEY_BUFFER_SIZE) ERROR("TABLE_KEY_BUFFER_SIZE");
  if (offsetof<Root>("maxKeyLength") !== TABLE_MAX_KEY_LENGTH) ERROR("TABLE_MAX_KEY_LENGTH");
  if (offsetof<Root>("emptySlotsPtr") !== TABLE_EMPTY_SLOTS_PTR) ERROR("TABLE_EMPTY_SLOTS_PTR");
  if (offsetof<Root>("scanGroup") !== TABLE_SCAN_GROUP) ERROR("TABLE_SCAN_GROUP");
  if (offsetof<Root>("scanSlot") !== TABLE_SCAN_SLOT) ERROR("TABLE_SCAN_SLOT");
  if (offsetof<Root>("chunksPtr") !== TABLE_CHUNKS_PTR) ERROR("TABLE_CHUNKS_PTR");
  if (offsetof<Root>("chunkTop") !== TABLE_CHUNK_TOP) ERROR("TABLE_CHUNK_TOP");
  if (offsetof<Root>("chunkEnd") !== TABLE_CHUNK_END) ERROR("TABLE_CHUNK_END");
  if (offsetof<Root>("freeBlocks") !== TABLE_FREE_BLOCKS) ERROR("TABLE_FREE_BLOCKS");
  if (offsetof<Root>("scannedGroup") !== TABLE_SCANNED_GROUP) ERROR("TABLE_SCANNED_GROUP");
  if (offsetof<Root>() !== TABLE_ROOT_SIZE) ERROR("TABLE_ROOT_SIZE");
  if (offsetof<Group>("slotsPtr") !== GROUP_SLOTS_PTR) ERROR("GROUP_SLOTS_PTR");
  if (offsetof<Group>("shift") !== GROUP_SHIFT) ERROR("GROUP_SHIFT");
  if (offsetof<Group>("mask") !== GROUP_MASK) ERROR("GROUP_MASK");
  if (offsetof<Group>("limit") !== GROUP_LIMIT) ERROR("GROUP_LIMIT");
  if (offsetof<Group>("usedCount") !== GROUP_USED_COUNT) ERROR("GROUP_USED_COUNT");
  if (offsetof<Group>("liveCount") !== GROUP_LIVE_COUNT) ERROR("GROUP_LIVE_COUNT");
  if (offsetof<Group>("dirtyPtr") !== GROUP_DIRTY_PTR) ERROR("GROUP_DIRTY_PTR");
  if (offsetof<Group>("frozenDirtyPtr") !== GROUP_FROZEN_DIRTY_PTR) ERROR("GROUP_FROZEN_DIRTY_PTR");
  if (offsetof<Group>("imagesPtr") !== GROUP_IMAGES_PTR) ERROR("GROUP_IMAGES_PTR");
  if (offsetof<Group>("imageCount") !== GROUP_IMAGE_COUNT) ERROR("GROUP_IMAGE_COUNT");
  if (offsetof<Group>("imageCapacity") !== GROUP_IMAGE_CAPACITY) ERROR("GROUP_IMAGE_CAPACITY");
  if (offsetof<Group>("homes") !== GROUP_HOMES) ERROR("GROUP_HOMES");
  if (offsetof<Group>() !== GROUP_SIZE) ERROR("GROUP_SIZE");
}

function checkFold(): void {
  if (offsetof<Fold>("tablePtr") !== FOLD_TABLE_PTR) ERROR("FOLD_TABLE_PTR");
  if (offsetof<Fold>("finalOnly") !== FOLD_FINAL_ONLY) ERROR("FOLD_FINAL_ONLY");
  if (offsetof<Fold>("base") !== FOLD_BASE) ERROR("FOLD_BASE");
  if (offsetof<Fold>("entriesPtr") !== FOLD_ENTRIES_PTR) ERROR("FOLD_ENTRIES_PTR");
  if (offsetof<Fold>("sourcesPtr") !== FOLD_SOURCES_PTR) ERROR("FOLD_SOURCES_PTR");
  if (offsetof<Fold>("rowLayoutPtr") !== FOLD_ROW_LAYOUT_PTR) ERROR("FOLD_ROW_LAYOUT_PTR");
  if (offsetof<Fold>() !== FOLD_SIZE) ERROR("FOLD_SIZE");
}

function checkRolling(): void {
  if (offsetof<Rolling>("tablePtr") !== ROLLING_TABLE_PTR) ERROR("ROLLING_TABLE_PTR");
  if (offsetof<Rolling>("func") !== ROLLING_FUNCTION) ERROR("ROLLING_FUNCTION");
  if (offsetof<Rolling>("field") !== ROLLING_FIELD) ERROR("ROLLING_FIELD");
  if (offsetof<Rolling>("keepsFirst") !== ROLLING_KEEPS_FIRST) ERROR("ROLLING_KEEPS_FIRST");
  if (offsetof<Rolling>("finalOnly") !== ROLLING_FINAL_ONLY) ERROR("ROLLING_FINAL_ONLY");
  if (offsetof<Rolling>("nextRow") !== ROLLING_NEXT_ROW) ERROR("ROLLING_NEXT_ROW");
  if (offsetof<Rolling>("winnersPtr") !== ROLLING_WINNERS_PTR) ERROR("ROLLING_WINNERS_PTR");
  if (offsetof<Rolling>("isByRow") !== ROLLING_IS_BY_ROW) ERROR("ROLLING_IS_BY_ROW");
  if (offsetof<Rolling>() !== ROLLING_SIZE) ERROR("ROLLING_SIZE");
}
