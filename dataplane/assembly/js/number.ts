/** Numbers of compiled code, as text and of text, and the operators that Wasm has no instruction for. */
import { MATH_POW } from "../../protocol/math-operations.ts";
import { arenaReserve } from "./arena.ts";
import { decimalOf, decimalPrefixOf } from "./decimal-read.ts";
import { decimalToText, integerToText } from "./decimal-write.ts";
import {
  numberToFixed as hostNumberToFixed,
  numberToText as hostNumberToText,
  math2,
} from "./env.ts";
import { giveUp } from "./give-up.ts";
import { powerOfTen } from "./powers.ts";
import { commitText, EMPTY_TEXT, Text, textBytes, textPtr } from "./text.ts";
import { skipSpace, skipSpaceBack } from "./white-space.ts";

const HOST_NUMBER_BYTES: u32 = 32;
const HOST_FIXED_BYTES: u32 = 128;
/** From here on not every integer is a double. */
const INTEGER_LIMIT: f64 = 9007199254740992;
/** Decimals of fifteen digits are different doubles. */
const DIGITS_LIMIT: f64 = 1e15;
const SHORT_DECIMAL_MIN: f64 = 1e-6;
const SHORT_DECIMAL_PLACES: u32 = 9;
const FIXED_LIMIT: f64 = 1125899906842624; // 2^50
const FIXED_PLACES: f64 = 15;
const FIXED_PLACES_MAX: f64 = 100;
/** Twice the relative error of one multiplication, and some more. */
const ERROR_OF_PRODUCT: f64 = 4.440892098500626e-16; // 2^-51
/** 2^63: as an integer literal it would wrap around. */
const INT64_LIMIT: f64 = 9.223372036854775808e18;

/** `String(value)` */
export function numberToText(value: f64): Text {
  const whole = <i64>value;
  const size = abs<f64>(value);
  if (<f64>whole === value && size < INTEGER_LIMIT) return integerToText(whole);
  if (size >= SHORT_DECIMAL_MIN && size < DIGITS_LIMIT) {
    const text = shortDecimal(value, size);
    if (text !== EMPTY_TEXT) return text;
  }
  const block = arenaReserve(HOST_NUMBER_BYTES);
  if (block === 0) return EMPTY_TEXT;
  return commitText(block, block + hostNumberToText(value, block));
}

/**
 * The text of few decimal places, if there is one. At most fifteen digits that divide to the very value
 * are the shortest ones that do, since no other such decimal is the same double.
 */
function shortDecimal(value: f64, size: f64): Text {
  for (let places: u32 = 1; places <= SHORT_DECIMAL_PLACES; ++places) {
    const power = powerOfTen(places);
    const product = size * power;
    if (product >= DIGITS_LIMIT) break;
    const digits = nearest<f64>(product);
    if (abs<f64>(product - digits) <= product * ERROR_OF_PRODUCT && digits / power === size) {
      return decimalToText(<u64>digits, places, value < 0);
    }
  }
  return EMPTY_TEXT;
}

/** `value.toFixed(digits)`; gives up where JavaScript throws. */
export function numberToFixed(value: f64, digits: f64): Text {
  const places = digits === digits ? trunc<f64>(digits) : 0;
  if (places >= 0 && places <= FIXED_PLACES) {
    const product = abs<f64>(value) * powerOfTen(<u32>places);
    const whole = floor<f64>(product);
    const fraction = product - whole;
    // So near to the middle, the error of the product could decide.
    const isClear = abs<f64>(fraction - 0.5) > product * ERROR_OF_PRODUCT;
    if (product < FIXED_LIMIT && isClear) {
      const rounded = fraction > 0.5 ? whole + 1 : whole;
      return decimalToText(<u64>rounded, <u32>places, value < 0);
    }
  }
  const isAllowed = places >= 0 && places <= FIXED_PLACES_MAX;
  const block: usize = isAllowed ? arenaReserve(HOST_FIXED_BYTES) : <usize>0;
  const bytes = block === 0 ? 0 : hostNumberToFixed(value, places, block);
  if (bytes === 0) {
    giveUp();
    return EMPTY_TEXT;
  }
  return commitText(block, block + bytes);
}

/** `Number(text)` */
export function numberOfText(text: Text): f64 {
  const stop: usize = textPtr(text) + textBytes(text);
  const at = skipSpace(textPtr(text), stop);
  const end = skipSpaceBack(at, stop);
  return at === end ? 0 : decimalOf(at, end);
}

/** `parseFloat(text)` */
export function parseFloatOfText(text: Text): f64 {
  const end: usize = textPtr(text) + textBytes(text);
  const at = skipSpace(textPtr(text), end);
  return at === end ? NaN : decimalPrefixOf(at, end);
}

/** `parseInt(text, radix)`; gives up where the digits are more than 64 bits or a double hold exactly. */
export function parseIntOfText(text: Text, radix: f64): f64 {
  const end: usize = textPtr(text) + textBytes(text);
  let at = skipSpace(textPtr(text), end);
  const sign: u8 = at < end ? load<u8>(at) : 0;
  if (sign === 0x2d || sign === 0x2b) ++at;
  let base = <u32>toInt32(radix);
  if (base === 0 || base === 16) {
    const isHex = end - at >= 2 && load<u8>(at) === 0x30 && (load<u8>(at, 1) | 0x20) === 0x78;
    if (isHex) at += 2;
    base = isHex ? 16 : base === 0 ? 10 : base;
  }
  if (base < 2 || base > 36) return NaN;
  const start = at;
  let value: u64 = 0;
  for (; at < end; ++at) {
    const digit = digitOf(load<u8>(at));
    if (digit >= base) break;
    if (value > (u64.MAX_VALUE - digit) / base) giveUp();
    value = value * base + digit;
  }
  if (at === start) return NaN;
  // The conversion rounds as JavaScript does; for other bases it may be less exact there.
  if (base !== 10 && base !== 16 && value >= <u64>INTEGER_LIMIT) giveUp();
  return sign === 0x2d ? -(<f64>value) : <f64>value;
}

/** Of a letter or digit; beyond all bases for anything else. */
function digitOf(byte: u8): u32 {
  const digit = <u32>byte - 0x30;
  if (digit <= 9) return digit;
  const letter = (<u32>byte | 0x20) - 0x61;
  return letter < 26 && byte < 0x80 ? letter + 10 : 99;
}

export function isNaNNumber(value: f64): bool {
  return value !== value;
}

export function isFiniteNumber(value: f64): bool {
  return value - value === 0;
}

export function isIntegerNumber(value: f64): bool {
  return value - value === 0 && trunc<f64>(value) === value;
}

export function isSafeIntegerNumber(value: f64): bool {
  return abs<f64>(value) < INTEGER_LIMIT && trunc<f64>(value) === value;
}

/** The number itself; gives up what is none. */
export function numberNotNaN(value: f64): f64 {
  if (value !== value) giveUp();
  return value;
}

/** As a column of INT holds it; gives up what that cannot. */
export function numberToInt(value: f64): i32 {
  const whole = <i32>value;
  if (<f64>whole !== value) giveUp();
  return whole;
}

/** As a column of LONG or TIMESTAMP holds it; gives up beyond the safe integers. */
export function numberToLong(value: f64): i64 {
  if (!isSafeIntegerNumber(value)) giveUp();
  return <i64>value;
}

/** `x ** y` */
export function numberPow(x: f64, y: f64): f64 {
  return math2(MATH_POW, x, y);
}

/** `x % y` */
export function numberRemainder(x: f64, y: f64): f64 {
  const a = <i64>x;
  const b = <i64>y;
  const isWhole = <f64>a === x && <f64>b === y && b !== 0;
  if (isWhole && abs<f64>(x) < INTEGER_LIMIT && abs<f64>(y) < INTEGER_LIMIT) {
    return copysign<f64>(<f64>(a % b), x);
  }
  return x % y;
}

/** `x + y` of integers; what leaves 32 bits gives the row up. */
export function addIntegers(x: i32, y: i32): i32 {
  const sum = x + y;
  if (((x ^ sum) & (y ^ sum)) < 0) giveUp();
  return sum;
}

/** `x - y`, in the same way. */
export function subtractIntegers(x: i32, y: i32): i32 {
  const difference = x - y;
  if (((x ^ y) & (x ^ difference)) < 0) giveUp();
  return difference;
}

/** `x | 0`: the low 32 bits of the integer part. */
export function toInt32(x: f64): i32 {
  return abs<f64>(x) < INT64_LIMIT ? <i32>(<i64>x) : lowBitsOf(x);
}

/** `x >>> 0` */
export function toUint32(x: f64): u32 {
  return <u32>toInt32(x);
}

/** Of a number from 2^63 on, NaN or an infinity: its bits are the mantissa's, moved up. */
function lowBitsOf(x: f64): i32 {
  const bits = reinterpret<u64>(x);
  const shift = <i32>((bits >> 52) & 0x7ff) - 1075;
  if (shift > 31) return 0;
  const mantissa = (bits & 0xfffffffffffff) | 0x10000000000000;
  const low = <i32>(mantissa << shift);
  return x < 0 ? -low : low;
}
