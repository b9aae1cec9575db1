/**
 * Small structures that kernels take beside views. Little-endian, 4-byte aligned.
 *
 * Key field, one per leaf of a key; keys are arrays of them:
 *
 *   offset  size  type  field    meaning
 *        0     4  u32   column   physical column
 *        4     4  u32   kind     KEY_*: how Java hashes it
 *        8     4  i32   weight   factor of its hash: hash of the key = sum of weight * hash(leaf) mod 2^32
 *
 * A scalar has weight 1. A tuple of n fields, 31 * h + hash(field) in turn, gives field i the weight
 * 31^(n - 1 - i) times its own. KEY_PRESENT is a struct on the way to leaves: never null, no hash.
 *
 * Scatter plan for n channels, in scratch of `4 * (n + 1 + 2 * rowCount) + 16 * n` bytes:
 *
 *        0  4*(n+1)    u32 starts[n + 1]: rows of channel c are selection[starts[c] .. starts[c + 1])
 *  4*(n+1)  4*rowCount u32 selection[rowCount]: row numbers, ascending within a channel
 *        -             behind it: room for the kernel
 *
 * Result of splitLines:
 *
 *        0     4  u32   consumed  bytes of the input that became rows
 *        4     4  u32   replaced  invalid UTF-8 sequences replaced by U+FFFD in these rows
 */
export const KEY_FIELD_COLUMN = 0;
export const KEY_FIELD_KIND = 4;
export const KEY_FIELD_WEIGHT = 8;
export const KEY_FIELD_SIZE = 12;

export const KEY_PRESENT = 0;
export const KEY_BOOLEAN = 1;
export const KEY_INT = 2;
/** LONG and TIMESTAMP. */
export const KEY_LONG = 3;
/** As int where the value is one, as long where it is one, else as double. */
export const KEY_NUMBER = 4;
export const KEY_DOUBLE = 5;
export const KEY_STRING = 6;

export const LINES_CONSUMED = 0;
export const LINES_REPLACED = 4;
export const LINES_RESULT_SIZE = 8;
