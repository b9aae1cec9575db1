/** Math of compiled code: instructions where they are exact by nature, V8's own functions elsewhere. */
import {
  MATH_ACOS,
  MATH_ACOSH,
  MATH_ASIN,
  MATH_ASINH,
  MATH_ATAN,
  MATH_ATAN2,
  MATH_ATANH,
  MATH_CBRT,
  MATH_COS,
  MATH_COSH,
  MATH_EXP,
  MATH_EXPM1,
  MATH_HYPOT,
  MATH_LOG,
  MATH_LOG1P,
  MATH_LOG2,
  MATH_LOG10,
  MATH_SIN,
  MATH_SINH,
  MATH_TAN,
  MATH_TANH,
} from "../../protocol/math-operations.ts";
import { math1, math2 } from "./env.ts";
import { numberPow, toInt32, toUint32 } from "./number.ts";

export function mathAbs(x: f64): f64 {
  return abs<f64>(x);
}

export function mathCeil(x: f64): f64 {
  return ceil<f64>(x);
}

export function mathFloor(x: f64): f64 {
  return floor<f64>(x);
}

/** Halves go up; from -0.5 on, and for -0, the result is -0. */
export function mathRound(x: f64): f64 {
  const below = floor<f64>(x);
  return copysign<f64>(x - below >= 0.5 ? below + 1 : below, x);
}

export function mathTrunc(x: f64): f64 {
  return trunc<f64>(x);
}

/** NaN, 0 and -0 are their own signs. */
export function mathSign(x: f64): f64 {
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

export function mathSqrt(x: f64): f64 {
  return sqrt<f64>(x);
}

export function mathFround(x: f64): f64 {
  return <f64>(<f32>x);
}

export function mathClz32(x: f64): f64 {
  return <f64>clz<u32>(toUint32(x));
}

export function mathImul(x: f64, y: f64): f64 {
  return <f64>(toInt32(x) * toInt32(y));
}

export function mathMax(x: f64, y: f64): f64 {
  return max<f64>(x, y);
}

export function mathMin(x: f64, y: f64): f64 {
  return min<f64>(x, y);
}

export function mathPow(x: f64, y: f64): f64 {
  return numberPow(x, y);
}

export function mathAtan2(x: f64, y: f64): f64 {
  return math2(MATH_ATAN2, x, y);
}

export function mathHypot(x: f64, y: f64): f64 {
  return math2(MATH_HYPOT, x, y);
}

export function mathExp(x: f64): f64 {
  return math1(MATH_EXP, x);
}

export function mathExpm1(x: f64): f64 {
  return math1(MATH_EXPM1, x);
}

export function mathLog(x: f64): f64 {
  return math1(MATH_LOG, x);
}

export function mathLog1p(x: f64): f64 {
  return math1(MATH_LOG1P, x);
}

export function mathLog2(x: f64): f64 {
  return math1(MATH_LOG2, x);
}

export function mathLog10(x: f64): f64 {
  return math1(MATH_LOG10, x);
}

export function mathSin(x: f64): f64 {
  return math1(MATH_SIN, x);
}

export function mathCos(x: f64): f64 {
  return math1(MATH_COS, x);
}

export function mathTan(x: f64): f64 {
  return math1(MATH_TAN, x);
}

export function mathAsin(x: f64): f64 {
  return math1(MATH_ASIN, x);
}

export function mathAcos(x: f64): f64 {
  return math1(MATH_ACOS, x);
}

export function mathAtan(x: f64): f64 {
  return math1(MATH_ATAN, x);
}

export function mathSinh(x: f64): f64 {
  return math1(MATH_SINH, x);
}

export function mathCosh(x: f64): f64 {
  return math1(MATH_COSH, x);
}

export function mathTanh(x: f64): f64 {
  return math1(MATH_TANH, x);
}

export function mathAsinh(x: f64): f64 {
  return math1(MATH_ASINH, x);
}

export function mathAcosh(x: f64): f64 {
  return math1(MATH_ACOSH, x);
}

export function mathAtanh(x: f64): f64 {
  return math1(MATH_ATANH, x);
}

export function mathCbrt(x: f64): f64 {
  return math1(MATH_CBRT, x);
}
