/**
 * A rolling aggregate in linear memory, beside the table that holds its state: what it does, and where
 * it stands between two calls.
 *
 *   offset  size  type  field       meaning
 *        0     4  u32   tablePtr
 *        4     4  u32   function    ROLLING_*
 *        8     4  u32   field       index of the aggregated field
 *       12     4  u32   keepsFirst  minBy, maxBy: 1 = among equals the first record stays
 *       16     4  u32   finalOnly   1 = nothing is written per row
 *       20     4  u32   nextRow     first row not processed
 *       24     4  u32   winnersPtr  u32[TABLE_CHUNK_ROWS]: row each result comes from, TABLE_NONE = its entry
 *       28     4  u32   isByRow     1 = minBy, maxBy, or min, max of a string: results come from rows
 */
export const ROLLING_TABLE_PTR = 0;
export const ROLLING_FUNCTION = 4;
export const ROLLING_FIELD = 8;
export const ROLLING_KEEPS_FIRST = 12;
export const ROLLING_FINAL_ONLY = 16;
export const ROLLING_NEXT_ROW = 20;
export const ROLLING_WINNERS_PTR = 24;
export const ROLLING_IS_BY_ROW = 28;
export const ROLLING_SIZE = 32;

export const ROLLING_SUM = 1;
export const ROLLING_MIN = 2;
export const ROLLING_MAX = 3;
export const ROLLING_MIN_BY = 4;
export const ROLLING_MAX_BY = 5;
