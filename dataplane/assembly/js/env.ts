/**
 * What the host computes for compiled code: imports of module "env", named after this file. Text goes in
 * and out through memory.
 */

/** Writes String(value), at most HOST_NUMBER_BYTES; answers its length. */
export declare function numberToText(value: f64, target: usize): u32;

/** Writes value.toFixed(digits), at most HOST_FIXED_BYTES; answers its length, 0 = give the row up. */
export declare function numberToFixed(value: f64, digits: f64, target: usize): u32;

/** Number(text) */
export declare function numberOfText(ptr: usize, bytes: u32): f64;

/** parseFloat(text) */
export declare function parseFloatOfText(ptr: usize, bytes: u32): f64;

/** A function of one argument; see protocol/math-operations.ts. */
export declare function math1(op: i32, x: f64): f64;

/** A function of two arguments. */
export declare function math2(op: i32, x: f64, y: f64): f64;
