/**
 * The structures of the protocol as classes, so that the compiler says where their fields lie. Kernels
 * go by the constants; a field that drifts from its constant stops the compilation here.
 */
import {
  BATCH_BYTE_LENGTH,
  BATCH_COLUMN_COUNT,
  BATCH_HEADER_SIZE,
  BATCH_KEY_GROUPS_OFFSET,
  BATCH_MAX_TIMESTAMP,
  BATCH_MIN_TIMESTAMP,
  BATCH_OPS_OFFSET,
  BATCH_ROW_COUNT,
  BATCH_ROW_INDEXES_OFFSET,
  BATCH_SCHEMA_ID,
  BATCH_TIMESTAMPS_OFFSET,
  BATCH_TIMESTAMPS_VALIDITY_OFFSET,
  COLUMN_DATA_OFFSET,
  COLUMN_ENTRY_SIZE,
  COLUMN_HEAP_LENGTH,
  COLUMN_HEAP_OFFSET,
  COLUMN_VALIDITY_OFFSET,
} from "../protocol/batch-layout.ts";
import {
  KEY_FIELD_COLUMN,
  KEY_FIELD_KIND,
  KEY_FIELD_SIZE,
  KEY_FIELD_WEIGHT,
  LINES_CONSUMED,
  LINES_REPLACED,
  LINES_RESULT_SIZE,
} from "../protocol/kernel-layout.ts";
import {
  MEMORY_ROOT_FAILED_ROW,
  MEMORY_ROOT_FREE_LISTS,
  MEMORY_ROOT_HEAP_END,
  MEMORY_ROOT_HEAP_TOP,
  MEMORY_ROOT_LIVE_BYTES,
} from "../protocol/memory-layout.ts";
import {
  BUILDER_BYTE_CAPACITY,
  BUILDER_BYTE_LENGTH,
  BUILDER_COLUMN_HEAP_CAPACITY,
  BUILDER_COLUMN_NULL_COUNT,
  BUILDER_COLUMN_SIZE,
  BUILDER_COLUMN_VALIDITY_BUF,
  BUILDER_COLUMN_VALUE_CAPACITY,
  BUILDER_COLUMN_VALUE_COUNT,
  BUILDER_COLUMNS,
  BUILDER_FLAGS,
  BUILDER_KEY_GROUPS_BUF,
  BUILDER_OPS_BUF,
  BUILDER_ROW_CAPACITY,
  BUILDER_ROW_INDEXES_BUF,
  BUILDER_TIMESTAMP_COUNT,
  BUILDER_TIMESTAMPS_BUF,
  BUILDER_TIMESTAMPS_VALIDITY_BUF,
  SCHEMA_COLUMN_COUNT,
  SCHEMA_COLUMN_PHYSICAL,
  SCHEMA_COLUMN_SIZE,
  SCHEMA_COLUMN_SUBTREE_SIZE,
  SCHEMA_COLUMNS,
  SEAL_BYTE_LENGTH,
  SEAL_SEGMENT_COUNT,
  SEAL_SEGMENT_LENGTH,
  SEAL_SEGMENT_PTR,
  SEAL_SEGMENT_SIZE,
  SEAL_SEGMENTS,
  VIEW_COLUMN_COUNT,
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_HEAP_LENGTH,
  VIEW_COLUMN_HEAP_PTR,
  VIEW_COLUMN_SIZE,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_COLUMNS,
  VIEW_KEY_GROUPS_PTR,
  VIEW_OPS_PTR,
  VIEW_ROW_COUNT,
  VIEW_ROW_INDEXES_PTR,
  VIEW_SCHEMA_PTR,
  VIEW_TIMESTAMPS_PTR,
  VIEW_TIMESTAMPS_VALIDITY_PTR,
} from "../protocol/view-layout.ts";

@unmanaged
class BatchHeader {
  magic: u32;
  byteLength: u32;
  rowCount: u32;
  schemaId: u32;
  minTimestamp: i64;
  maxTimestamp: i64;
  timestampsOffset: u32;
  timestampsValidityOffset: u32;
  keyGroupsOffset: u32;
  rowIndexesOffset: u32;
  opsOffset: u32;
  columnCount: u32;
  reserved: u64;
}

@unmanaged
class ColumnEntry {
  validityOffset: u32;
  dataOffset: u32;
  heapOffset: u32;
  heapLength: u32;
}

@unmanaged
class SchemaHeader {
  columnCount: u32;
  reserved: u32;
}

@unmanaged
class SchemaColumn {
  physical: u8;
  reserved: u8;
  subtreeSize: u16;
  reserved2: u32;
}

@unmanaged
class ViewHeader {
  rowCount: u32;
  columnCount: u32;
  schemaPtr: u32;
  timestampsPtr: u32;
  timestampsValidityPtr: u32;
  keyGroupsPtr: u32;
  rowIndexesPtr: u32;
  opsPtr: u32;
}

@unmanaged
class ViewColumn {
  validityPtr: u32;
  dataPtr: u32;
  heapPtr: u32;
  heapLength: u32;
}

@unmanaged
class BuilderRoom {
  rowCapacity: u32;
  byteCapacity: u32;
  flags: u32;
  byteLength: u32;
  timestampsBuf: u32;
  timestampsValidityBuf: u32;
  keyGroupsBuf: u32;
  rowIndexesBuf: u32;
  opsBuf: u32;
  timestampCount: u32;
}

@unmanaged
class BuilderColumn {
  validityBuf: u32;
  valueCount: u32;
  valueCapacity: u32;
  heapCapacity: u32;
  nullCount: u32;
  reserved: u32;
}

@unmanaged
class SealHeader {
  segmentCount: u32;
  byteLength: u32;
}

@unmanaged
class SealSegment {
  ptr: u32;
  length: u32;
}

@unmanaged
class MemoryRoot {
  magic: u32;
  heapTop: u32;
  heapEnd: u32;
  failedRow: u32;
  liveBytes: u64;
  reserved: u64;
  freeLists: u32;
}

@unmanaged
class KeyField {
  column: u32;
  kind: u32;
  weight: i32;
}

@unmanaged
class LinesResult {
  consumed: u32;
  replaced: u32;
}

/** Nothing at run time; called so that it is compiled. */
export function checkLayouts(): void {
  checkBatch();
  checkView();
  checkBuilder();
  checkSmall();
}

function checkBatch(): void {
  if (offsetof<BatchHeader>() !== BATCH_HEADER_SIZE) ERROR("BATCH_HEADER_SIZE");
  if (offsetof<BatchHeader>("byteLength") !== BATCH_BYTE_LENGTH) ERROR("BATCH_BYTE_LENGTH");
  if (offsetof<BatchHeader>("rowCount") !== BATCH_ROW_COUNT) ERROR("BATCH_ROW_COUNT");
  if (offsetof<BatchHeader>("schemaId") !== BATCH_SCHEMA_ID) ERROR("BATCH_SCHEMA_ID");
  if (offsetof<BatchHeader>("minTimestamp") !== BATCH_MIN_TIMESTAMP) ERROR("BATCH_MIN_TIMESTAMP");
  if (offsetof<BatchHeader>("maxTimestamp") !== BATCH_MAX_TIMESTAMP) ERROR("BATCH_MAX_TIMESTAMP");
  if (offsetof<BatchHeader>("timestampsOffset") !== BATCH_TIMESTAMPS_OFFSET)
    ERROR("BATCH_TIMESTAMPS_OFFSET");
  if (offsetof<BatchHeader>("timestampsValidityOffset") !== BATCH_TIMESTAMPS_VALIDITY_OFFSET) {
    ERROR("BATCH_TIMESTAMPS_VALIDITY_OFFSET");
  }
  if (offsetof<BatchHeader>("keyGroupsOffset") !== BATCH_KEY_GROUPS_OFFSET)
    ERROR("BATCH_KEY_GROUPS_OFFSET");
  if (offsetof<BatchHeader>("rowIndexesOffset") !== BATCH_ROW_INDEXES_OFFSET)
    ERROR("BATCH_ROW_INDEXES_OFFSET");
  if (offsetof<BatchHeader>("opsOffset") !== BATCH_OPS_OFFSET) ERROR("BATCH_OPS_OFFSET");
  if (offsetof<BatchHeader>("columnCount") !== BATCH_COLUMN_COUNT) ERROR("BATCH_COLUMN_COUNT");
  if (offsetof<ColumnEntry>() !== COLUMN_ENTRY_SIZE) ERROR("COLUMN_ENTRY_SIZE");
  if (offsetof<ColumnEntry>("validityOffset") !== COLUMN_VALIDITY_OFFSET)
    ERROR("COLUMN_VALIDITY_OFFSET");
  if (offsetof<ColumnEntry>("dataOffset") !== COLUMN_DATA_OFFSET) ERROR("COLUMN_DATA_OFFSET");
  if (offsetof<ColumnEntry>("heapOffset") !== COLUMN_HEAP_OFFSET) ERROR("COLUMN_HEAP_OFFSET");
  if (offsetof<ColumnEntry>("heapLength") !== COLUMN_HEAP_LENGTH) ERROR("COLUMN_HEAP_LENGTH");
}

function checkView(): void {
  if (offsetof<SchemaHeader>() !== SCHEMA_COLUMNS) ERROR("SCHEMA_COLUMNS");
  if (offsetof<SchemaHeader>("columnCount") !== SCHEMA_COLUMN_COUNT) ERROR("SCHEMA_COLUMN_COUNT");
  if (offsetof<SchemaColumn>() !== SCHEMA_COLUMN_SIZE) ERROR("SCHEMA_COLUMN_SIZE");
  if (offsetof<SchemaColumn>("physical") !== SCHEMA_COLUMN_PHYSICAL)
    ERROR("SCHEMA_COLUMN_PHYSICAL");
  if (offsetof<SchemaColumn>("subtreeSize") !== SCHEMA_COLUMN_SUBTREE_SIZE)
    ERROR("SCHEMA_COLUMN_SUBTREE_SIZE");
  if (offsetof<ViewHeader>() !== VIEW_COLUMNS) ERROR("VIEW_COLUMNS");
  if (offsetof<ViewHeader>("rowCount") !== VIEW_ROW_COUNT) ERROR("VIEW_ROW_COUNT");
  if (offsetof<ViewHeader>("columnCount") !== VIEW_COLUMN_COUNT) ERROR("VIEW_COLUMN_COUNT");
  if (offsetof<ViewHeader>("schemaPtr") !== VIEW_SCHEMA_PTR) ERROR("VIEW_SCHEMA_PTR");
  if (offsetof<ViewHeader>("timestampsPtr") !== VIEW_TIMESTAMPS_PTR) ERROR("VIEW_TIMESTAMPS_PTR");
  if (offsetof<ViewHeader>("timestampsValidityPtr") !== VIEW_TIMESTAMPS_VALIDITY_PTR) {
    ERROR("VIEW_TIMESTAMPS_VALIDITY_PTR");
  }
  if (offsetof<ViewHeader>("keyGroupsPtr") !== VIEW_KEY_GROUPS_PTR) ERROR("VIEW_KEY_GROUPS_PTR");
  if (offsetof<ViewHeader>("rowIndexesPtr") !== VIEW_ROW_INDEXES_PTR) ERROR("VIEW_ROW_INDEXES_PTR");
  if (offsetof<ViewHeader>("opsPtr") !== VIEW_OPS_PTR) ERROR("VIEW_OPS_PTR");
  if (offsetof<ViewColumn>() !== VIEW_COLUMN_SIZE) ERROR("VIEW_COLUMN_SIZE");
  if (offsetof<ViewColumn>("validityPtr") !== VIEW_COLUMN_VALIDITY_PTR)
    ERROR("VIEW_COLUMN_VALIDITY_PTR");
  if (offsetof<ViewColumn>("dataPtr") !== VIEW_COLUMN_DATA_PTR) ERROR("VIEW_COLUMN_DATA_PTR");
  if (offsetof<ViewColumn>("heapPtr") !== VIEW_COLUMN_HEAP_PTR) ERROR("VIEW_COLUMN_HEAP_PTR");
  if (offsetof<ViewColumn>("heapLength") !== VIEW_COLUMN_HEAP_LENGTH)
    ERROR("VIEW_COLUMN_HEAP_LENGTH");
}

function checkBuilder(): void {
  if (offsetof<BuilderRoom>() !== BUILDER_COLUMNS) ERROR("BUILDER_COLUMNS");
  if (offsetof<BuilderRoom>("rowCapacity") !== BUILDER_ROW_CAPACITY) ERROR("BUILDER_ROW_CAPACITY");
  if (offsetof<BuilderRoom>("byteCapacity") !== BUILDER_BYTE_CAPACITY)
    ERROR("BUILDER_BYTE_CAPACITY");
  if (offsetof<BuilderRoom>("flags") !== BUILDER_FLAGS) ERROR("BUILDER_FLAGS");
  if (offsetof<BuilderRoom>("byteLength") !== BUILDER_BYTE_LENGTH) ERROR("BUILDER_BYTE_LENGTH");
  if (offsetof<BuilderRoom>("timestampsBuf") !== BUILDER_TIMESTAMPS_BUF)
    ERROR("BUILDER_TIMESTAMPS_BUF");
  if (offsetof<BuilderRoom>("timestampsValidityBuf") !== BUILDER_TIMESTAMPS_VALIDITY_BUF) {
    ERROR("BUILDER_TIMESTAMPS_VALIDITY_BUF");
  }
  if (offsetof<BuilderRoom>("keyGroupsBuf") !== BUILDER_KEY_GROUPS_BUF)
    ERROR("BUILDER_KEY_GROUPS_BUF");
  if (offsetof<BuilderRoom>("rowIndexesBuf") !== BUILDER_ROW_INDEXES_BUF)
    ERROR("BUILDER_ROW_INDEXES_BUF");
  if (offsetof<BuilderRoom>("opsBuf") !== BUILDER_OPS_BUF) ERROR("BUILDER_OPS_BUF");
  if (offsetof<BuilderRoom>("timestampCount") !== BUILDER_TIMESTAMP_COUNT)
    ERROR("BUILDER_TIMESTAMP_COUNT");
  if (offsetof<BuilderColumn>() !== BUILDER_COLUMN_SIZE) ERROR("BUILDER_COLUMN_SIZE");
  if (offsetof<BuilderColumn>("validityBuf") !== BUILDER_COLUMN_VALIDITY_BUF)
    ERROR("BUILDER_COLUMN_VALIDITY_BUF");
  if (offsetof<BuilderColumn>("valueCount") !== BUILDER_COLUMN_VALUE_COUNT)
    ERROR("BUILDER_COLUMN_VALUE_COUNT");
  if (offsetof<BuilderColumn>("valueCapacity") !== BUILDER_COLUMN_VALUE_CAPACITY)
    ERROR("BUILDER_COLUMN_VALUE_CAPACITY");
  if (offsetof<BuilderColumn>("heapCapacity") !== BUILDER_COLUMN_HEAP_CAPACITY)
    ERROR("BUILDER_COLUMN_HEAP_CAPACITY");
  if (offsetof<BuilderColumn>("nullCount") !== BUILDER_COLUMN_NULL_COUNT)
    ERROR("BUILDER_COLUMN_NULL_COUNT");
  if (offsetof<SealHeader>() !== SEAL_SEGMENTS) ERROR("SEAL_SEGMENTS");
  if (offsetof<SealHeader>("segmentCount") !== SEAL_SEGMENT_COUNT) ERROR("SEAL_SEGMENT_COUNT");
  if (offsetof<SealHeader>("byteLength") !== SEAL_BYTE_LENGTH) ERROR("SEAL_BYTE_LENGTH");
  if (offsetof<SealSegment>() !== SEAL_SEGMENT_SIZE) ERROR("SEAL_SEGMENT_SIZE");
  if (offsetof<SealSegment>("ptr") !== SEAL_SEGMENT_PTR) ERROR("SEAL_SEGMENT_PTR");
  if (offsetof<SealSegment>("length") !== SEAL_SEGMENT_LENGTH) ERROR("SEAL_SEGMENT_LENGTH");
}

function checkSmall(): void {
  if (offsetof<MemoryRoot>("heapTop") !== MEMORY_ROOT_HEAP_TOP) ERROR("MEMORY_ROOT_HEAP_TOP");
  if (offsetof<MemoryRoot>("heapEnd") !== MEMORY_ROOT_HEAP_END) ERROR("MEMORY_ROOT_HEAP_END");
  if (offsetof<MemoryRoot>("failedRow") !== MEMORY_ROOT_FAILED_ROW) ERROR("MEMORY_ROOT_FAILED_ROW");
  if (offsetof<MemoryRoot>("liveBytes") !== MEMORY_ROOT_LIVE_BYTES) ERROR("MEMORY_ROOT_LIVE_BYTES");
  if (offsetof<MemoryRoot>("freeLists") !== MEMORY_ROOT_FREE_LISTS) ERROR("MEMORY_ROOT_FREE_LISTS");
  if (offsetof<KeyField>() !== KEY_FIELD_SIZE) ERROR("KEY_FIELD_SIZE");
  if (offsetof<KeyField>("column") !== KEY_FIELD_COLUMN) ERROR("KEY_FIELD_COLUMN");
  if (offsetof<KeyField>("kind") !== KEY_FIELD_KIND) ERROR("KEY_FIELD_KIND");
  if (offsetof<KeyField>("weight") !== KEY_FIELD_WEIGHT) ERROR("KEY_FIELD_WEIGHT");
  if (offsetof<LinesResult>() !== LINES_RESULT_SIZE) ERROR("LINES_RESULT_SIZE");
  if (offsetof<LinesResult>("consumed") !== LINES_CONSUMED) ERROR("LINES_CONSUMED");
  if (offsetof<LinesResult>("replaced") !== LINES_REPLACED) ERROR("LINES_REPLACED");
}
