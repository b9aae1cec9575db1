/**
 * A fold in linear memory (reduce() or an AggregateFunction), beside the table that holds its values. Per run of rows, foldBegin() writes
 * the values so far of the keys in the run, one per key, as the first rows of a builder; whoever folds
 * appends a result per row behind them; foldEnd() stores what each key ended with.
 *
 *   offset  size  type  field       meaning
 *        0     4  u32   tablePtr
 *        4     4  u32   finalOnly   1 = nothing is written per row
 *        8     4  u32   base        rows of the builder in front of the results
 *       12     4  u32   entriesPtr  u32[TABLE_CHUNK_ROWS]: slot of each of those rows
 *       16     4  u32   sourcesPtr  u32[TABLE_CHUNK_ROWS]: per row of the run the row of the builder that it
 *                                   is folded into; TABLE_NONE = it is the first one of its key
 *       20     4  u32   rowLayoutPtr layout that says where the key of a row lies; that of the table where
 *                                   rows have the type of its entries: then the first row of a key is its
 *                                   entry until it is folded
 */
export const FOLD_TABLE_PTR = 0;
export const FOLD_FINAL_ONLY = 4;
export const FOLD_BASE = 8;
export const FOLD_ENTRIES_PTR = 12;
export const FOLD_SOURCES_PTR = 16;
export const FOLD_ROW_LAYOUT_PTR = 20;
export const FOLD_SIZE = 24;
