/**
 * Session windows in linear memory, beside the table that holds their values. A session is a slot of that
 * table with an area for its bounds: the first one of a key is the key's entry itself, others of the
 * same key hang on it, each a copy of a slot with the address of the entry behind it. An entry whose
 * sessions have gone is vacant until its key comes back or its group is laid out anew.
 *
 * Area, at SESSIONS_AREA in the slot:
 *
 *   offset  size  type  field      meaning
 *        0     8  i64   start
 *        8     8  i64   end        ms; behind the last time
 *       16     4  u32   state      SESSION_*; 0 = the entry is vacant
 *       20     4  u32   next       the next session of the key; 0 = none
 *       24     4  u32   timerNext  the next session in the list of the timer wheel
 *       28     4  u32   timerPrev  address of the word that points to this one; 0 = it is in no list
 */
export const SESSION_START = 0;
export const SESSION_END = 8;
export const SESSION_STATE = 16;
export const SESSION_NEXT = 20;
export const SESSION_TIMER_NEXT = 24;
export const SESSION_TIMER_PREV = 28;
export const SESSION_SIZE = 32;

export const SESSION_LIVE = 1;
/** It fires when the watermark reaches its last time. */
export const SESSION_PENDING = 2;
/** It is not the entry of its key. */
export const SESSION_OTHER = 4;

/**
 * Root:
 *
 *   offset  size  type  field        meaning
 *        0     4  u32   tablePtr
 *        4     4  u32   area         offset of the area in a slot
 *        8     8  i64   gap          ms
 *       16     8  i64   lateness     ms a session stays behind its last time
 *       24     8  i64   watermark
 *       32     8  u64   elapsed      time of the timer wheel; times are shifted by 2^63
 *       40     4  u32   row          first row of the batch that is not taken
 *       44     4  u32   ready        rows from there on whose entries are in the table's scratch area
 *       48     4  u32   count        sessions
 *       52     4  u32   vacant       entries without one
 *       56     4  u32   firing       a session to put out before anything else; 0 = none
 *       60     4  u32   target       a session to fold `source` into before anything else; 0 = none
 *       64     4  u32   source
 *       68     4  u32   valueColumn  column that must not be null; TABLE_NONE = none
 *       72     4  u32   endColumn    column of a session's end in rows of a snapshot
 *       76     4  u32   heldEntry    of the row that `target` waits for
 *       80     4  u32   latePtr      u32[BATCH_MAX_ROWS]: late rows of the batch
 *       84     4  u32   lateCount
 *       88     4  u32   cursor       next session of the key that is being written to a snapshot
 *       92     4  u32   rowLayoutPtr where the key of rows lies, as in the layout of a table
 *       96  8*11  u64   masks        of each level of the wheel: lists that may hold something
 *      184 4*704  u32   lists        of each level 64: first session, 0 = none
 *     3000     8  i64   start        of the session that STATUS_WINDOW_MERGE is about
 *     3008     8  i64   end
 */
export const SESSIONS_TABLE_PTR = 0;
export const SESSIONS_AREA = 4;
export const SESSIONS_GAP = 8;
export const SESSIONS_LATENESS = 16;
export const SESSIONS_WATERMARK = 24;
export const SESSIONS_ELAPSED = 32;
export const SESSIONS_ROW = 40;
export const SESSIONS_READY = 44;
export const SESSIONS_COUNT = 48;
export const SESSIONS_VACANT = 52;
export const SESSIONS_FIRING = 56;
export const SESSIONS_TARGET = 60;
export const SESSIONS_SOURCE = 64;
export const SESSIONS_VALUE_COLUMN = 68;
export const SESSIONS_END_COLUMN = 72;
export const SESSIONS_HELD_ENTRY = 76;
export const SESSIONS_LATE_PTR = 80;
export const SESSIONS_LATE_COUNT = 84;
export const SESSIONS_CURSOR = 88;
export const SESSIONS_ROW_LAYOUT_PTR = 92;
export const SESSIONS_MASKS = 96;
export const SESSIONS_LISTS = 184;
export const SESSIONS_START = 3000;
export const SESSIONS_END = 3008;
export const SESSIONS_SIZE = 3016;

/** Levels of the wheel: digits of 6 bits that a time has. */
export const WHEEL_LEVELS = 11;
