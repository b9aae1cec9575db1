/**
 * Functions of Math that compiled code asks the host for, since their last bit is V8's own: `math1(op, x)`
 * and `math2(op, x, y)`. The others are instructions of Wasm.
 */
export const MATH_EXP = 0;
export const MATH_EXPM1 = 1;
export const MATH_LOG = 2;
export const MATH_LOG1P = 3;
export const MATH_LOG2 = 4;
export const MATH_LOG10 = 5;
export const MATH_SIN = 6;
export const MATH_COS = 7;
export const MATH_TAN = 8;
export const MATH_ASIN = 9;
export const MATH_ACOS = 10;
export const MATH_ATAN = 11;
export const MATH_SINH = 12;
export const MATH_COSH = 13;
export const MATH_TANH = 14;
export const MATH_ASINH = 15;
export const MATH_ACOSH = 16;
export const MATH_ATANH = 17;
export const MATH_CBRT = 18;

/** Of two arguments: math2. */
export const MATH_ATAN2 = 0;
export const MATH_HYPOT = 1;
export const MATH_POW = 2;
