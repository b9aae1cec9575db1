/**
 * How generated code tells the JSON parser what it wants of a document: two blocks of static memory for
 * each JSON.parse(), the shape, which never changes, and the state, which begins as zeros.
 *
 * Shape:
 *
 *   offset  size  type  field            meaning
 *        0     4  u32   slotBytes        of all slots together
 *        4    12        reserved
 *       16    16        root             as a member; then objects, arrays and names
 *
 *   object: u32 memberCount, u32 isClosed (1 = other keys are given up), u32 planOffset (in the state),
 *           u32 planCapacity, u64 required (a bit per member that has to be there), members
 *   array:  u32 memberCount (exactly so many elements), u32 reserved, members
 *   member: u32 nameOffset (in the shape, WTF-8), u16 nameBytes, u16 kind, u32 target (scalars: offset of
 *           the slot in the state; objects and arrays: their own in the shape), u32 reserved
 *
 * State: slots of 8 bytes, then plans: what stands before each value of the object read before, in its order.
 *
 *   plan:  u32 entryCount, 12 reserved, entries
 *   entry: u32 member (its address), u32 lead (bytes), u32 blockMask (a bit for each byte of the lead in its
 *          first 16; what no lead has = never), u32 reserved, u64 seen (the member's bit), the lead as it is
 *          written, brace or comma, key and colon, with white space: 40 bytes
 */
export const JSON_SLOT_BYTES = 0;
export const JSON_ROOT = 16;
export const JSON_HEADER_SIZE = 32;

export const JSON_MEMBER_COUNT = 0;
export const JSON_OBJECT_CLOSED = 4;
export const JSON_OBJECT_PLAN = 8;
export const JSON_OBJECT_PLAN_CAPACITY = 12;
export const JSON_OBJECT_REQUIRED = 16;
export const JSON_OBJECT_MEMBERS = 24;
export const JSON_ARRAY_MEMBERS = 8;

export const JSON_MEMBER_NAME = 0;
export const JSON_MEMBER_NAME_BYTES = 4;
export const JSON_MEMBER_KIND = 6;
export const JSON_MEMBER_TARGET = 8;
export const JSON_MEMBER_SIZE = 16;
/** As many as `required` has bits. */
export const JSON_MEMBERS_MAX = 64;

export const JSON_PLAN_ENTRY_COUNT = 0;
export const JSON_PLAN_HEADER_SIZE = 16;
export const JSON_ENTRY_MEMBER = 0;
export const JSON_ENTRY_LEAD_BYTES = 4;
export const JSON_ENTRY_BLOCK_MASK = 8;
export const JSON_ENTRY_SEEN = 16;
export const JSON_ENTRY_LEAD = 24;
export const JSON_ENTRY_SIZE = 64;
export const JSON_ENTRY_LEAD_MAX = 40;

/** Any value: checked, not kept. */
export const JSON_ANY = 0;
export const JSON_F64 = 1;
export const JSON_I64 = 2;
export const JSON_I32 = 3;
export const JSON_BOOL = 4;
export const JSON_TEXT = 5;
export const JSON_OBJECT = 6;
export const JSON_ARRAY = 7;
