/** Sets of characters as AssemblyScript: tests of one character, and runs of characters of a set. */
import { wtf8Bytes } from "../../../../dataplane/formats/wtf8.ts";
import {
  ALL_CHARS,
  type CharSet,
  complementOf,
  containsAll,
  onlyCharOf,
  within,
} from "../../regexp/char-set.ts";
import type { ModuleSource } from "../module-source.ts";

const ASCII_MAX = 0x7f;
const WIDE_CHARS = within(ALL_CHARS, ASCII_MAX + 1, Number.POSITIVE_INFINITY);
/** A set of more ranges of ASCII characters is looked up in a bitmap. */
const RANGES_MAX = 3;

/** What of a set lies beyond ASCII: nothing, all there is, or something. */
export type Wide = "none" | "all" | "some";

export function wideOf(set: CharSet): Wide {
  const wide = within(set, ASCII_MAX + 1, Number.POSITIVE_INFINITY);
  if (wide.length === 0) return "none";
  return containsAll(set, WIDE_CHARS) ? "all" : "some";
}

/** Whether the character at `at`, which is in front of the end, is one of the set. */
export function isInText(set: CharSet, source: ModuleSource): string {
  if (wideOf(set) === "some") return `${widthFunction(set, source)}(at) !== 0`;
  return byteTest(set, "load<u8>(at)");
}

/** Bytes of the character at `at`, which is one of the set. */
export function widthText(set: CharSet, source: ModuleSource): string {
  return wideOf(set) === "none" ? "1" : `${source.use("surrogates", "widthOf")}(load<u8>(at))`;
}

/** Function of `at`: the bytes of the character there, 0 if it is not one of the set. */
export function widthFunction(set: CharSet, source: ModuleSource): string {
  return source.define(`width ${JSON.stringify(set)}`, "regexpWidth", (name) => {
    const tests = within(set, ASCII_MAX + 1, Number.POSITIVE_INFINITY).map(([from, to]) =>
      from === to ? `point === ${from}` : `point - ${from} <= ${to - from}`,
    );
    return [
      `function ${name}(at: usize): u32 {`,
      "  const byte = load<u8>(at);",
      `  if (byte < 0x80) return ${byteTest(within(set, 0, ASCII_MAX), "byte")} ? 1 : 0;`,
      `  const point = ${source.use("surrogates", "pointAt")}(at);`,
      `  return ${tests.join(" || ")} ? ${source.use("surrogates", "widthOf")}(byte) : 0;`,
      "}",
    ];
  });
}

/** Function of `at` and `end`: where the characters of the set that begin at `at` end. */
export function runFunction(set: CharSet, source: ModuleSource): string {
  return source.define(`run ${JSON.stringify(set)}`, "regexpRun", (name) => {
    const [loadBlock, blockMask] = ["loadBlock", "blockMask"].map((fn) => source.use("blocks", fn));
    return [
      `function ${name}(at: usize, end: usize): usize {`,
      "  while (at < end) {",
      "    const count = min<u32>(<u32>(end - at), 16);",
      `    const block = ${loadBlock}(at, count);`,
      `    const stops = ${stopsText(set)} & ${blockMask}(count);`,
      "    if (stops === 0) {",
      "      at += count;",
      "      continue;",
      "    }",
      "    at += ctz<u32>(stops);",
      ...afterStop(set, source),
      "  }",
      "  return at;",
      "}",
    ];
  });
}

function afterStop(set: CharSet, source: ModuleSource): readonly string[] {
  if (wideOf(set) !== "some") return ["    return at;"];
  return [
    `    const width = ${widthFunction(set, source)}(at);`,
    "    if (width === 0) return at;",
    "    at += width;",
  ];
}

/** One bit per byte of a block that ends a run, or may do so. */
function stopsText(set: CharSet): string {
  const wide = wideOf(set);
  const [inside, outside] = asciiRanges(set);
  const high = wide === "some" ? " | <u32>i8x16.bitmask(block)" : "";
  if (wide !== "none" && outside.length === 0) return wide === "all" ? "0" : `(0${high})`;
  const isOutside = wide !== "none" && (wide === "all" || outside.length <= inside.length);
  if (isOutside) return `(<u32>i8x16.bitmask(${blockTests(outside)})${high})`;
  return `(<u32>i8x16.bitmask(${blockTests(inside)}) ^ 0xffff)`;
}

function blockTests(ranges: CharSet): string {
  const tests = ranges.map(([from, to]) => {
    if (from === to) return `i8x16.eq(block, i8x16.splat(${from}))`;
    return `i8x16.lt_u(i8x16.sub(block, i8x16.splat(${from})), i8x16.splat(${signed(to - from + 1)}))`;
  });
  return tests.length === 0
    ? "i8x16.splat(0)"
    : tests.reduce((left, right) => `v128.or(${left}, ${right})`);
}

function signed(byte: number): number {
  return byte > ASCII_MAX ? byte - 256 : byte;
}

/** A byte of ASCII or, where a set has none or all beyond it, any. */
function byteTest(set: CharSet, byte: string): string {
  const isWide = wideOf(set) === "all";
  const [inside, outside] = asciiRanges(set);
  if (isWide && outside.length <= RANGES_MAX) {
    return outside.length === 0 ? "true" : `(${rangeTests(outside, byte, false)})`;
  }
  if (!isWide && inside.length <= RANGES_MAX) {
    return inside.length === 0 ? "false" : `(${rangeTests(inside, byte, true)})`;
  }
  const bits = `((${byte} < 64 ? ${bitmap(inside, 0)} : ${bitmap(inside, 64)}) >> (${byte} & 63)) & 1`;
  return isWide ? `(${byte} > 127 || (${bits}) !== 0)` : `(${byte} < 128 && (${bits}) !== 0)`;
}

function rangeTests(ranges: CharSet, byte: string, isInside: boolean): string {
  const tests = ranges.map(([from, to]) => {
    if (from === to) return `${byte} ${isInside ? "===" : "!=="} ${from}`;
    return `<u32>${byte} - ${from} ${isInside ? "<=" : ">"} ${to - from}`;
  });
  return tests.join(isInside ? " || " : " && ");
}

/** Of 64 characters from `first` on. */
function bitmap(ranges: CharSet, first: number): string {
  let bits = 0n;
  for (const [from, to] of within(ranges, first, first + 63)) {
    for (let char = from; char <= to; ++char) bits |= 1n << BigInt(char - first);
  }
  return `<u64>0x${bits.toString(16)}`;
}

/** ASCII characters of the set, and those that are not. */
function asciiRanges(set: CharSet): readonly [inside: CharSet, outside: CharSet] {
  return [within(set, 0, ASCII_MAX), within(complementOf(set), 0, ASCII_MAX)];
}

/** The bytes of a set that is one character; null = it is not. */
export function literalBytes(set: CharSet): Uint8Array | null {
  const point = onlyCharOf(set);
  return point === null ? null : wtf8Bytes(String.fromCodePoint(point));
}
