/** How the value of an option is read and checked. A check answers the value or what was expected. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDurationMs } from "../../dataplane/protocol/duration.ts";

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false };

export interface OptionKind<T> {
  /** Completes "expected …" in messages and in the reference. */
  readonly expected: string;
  check(value: unknown): Checked<T>;
  /** What the text of an environment variable or of the command line stands for; check() judges it. */
  fromText(text: string): unknown;
}

const REFUSED = { ok: false } as const;

function accept<T>(value: T): Checked<T> {
  return { ok: true, value };
}

export function integer(min: number, max: number): OptionKind<number> {
  return {
    expected: `an integer from ${min} to ${max}`,
    check: (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
        ? accept(value)
        : REFUSED,
    fromText: numberFromText,
  };
}

export function text(): OptionKind<string> {
  return {
    expected: "a text that is not empty",
    check: (value) => (typeof value === "string" && value !== "" ? accept(value) : REFUSED),
    fromText: (text) => text,
  };
}

export function oneOf<const V extends string>(...values: readonly V[]): OptionKind<V> {
  return {
    expected: values.map((value) => `"${value}"`).join(" or "),
    check: (value) => {
      const found = values.find((candidate) => candidate === value);
      return found === undefined ? REFUSED : accept(found);
    },
    fromText: (text) => values.find((value) => value.toLowerCase() === text.toLowerCase()) ?? text,
  };
}

export function flag(): OptionKind<boolean> {
  return {
    expected: "true or false",
    check: (value) => (typeof value === "boolean" ? accept(value) : REFUSED),
    fromText: (text) => (text === "true" ? true : text === "false" ? false : text),
  };
}

/** The values of `kind`, or a word for null. */
export function orWord<T>(kind: OptionKind<T>, word: string): OptionKind<T | null> {
  return {
    expected: `${kind.expected}, or "${word}"`,
    check: (value) => (value === word || value === null ? accept(null) : kind.check(value)),
    fromText: (text) => (text === word ? text : kind.fromText(text)),
  };
}

/** The values of `kind`, or "auto" for null. */
export function orAuto<T>(kind: OptionKind<T>): OptionKind<T | null> {
  return orWord(kind, "auto");
}

/** A time in whole ms. */
export function duration(minMs: number, maxMs: number): OptionKind<number> {
  return {
    expected: `a time from ${minMs} to ${maxMs} ms: ms, text such as "200 ms", or a Duration`,
    check: (value) => {
      const ms = parseDurationMs(value);
      return ms !== null && ms >= minMs && ms <= maxMs ? accept(ms) : REFUSED;
    },
    fromText: numberFromText,
  };
}

/** A folder of the local file system, as an absolute path. */
export function directory(): OptionKind<string> {
  return {
    expected:
      "a local directory: a path or a file: URL (hdfs:, s3: and others are not built yet: mount such a file system and give its path)",
    check: (value) => {
      const text = value instanceof URL ? value.href : value;
      if (typeof text !== "string" || text === "") return REFUSED;
      if (text.startsWith("file:")) return fromFileUrl(text);
      return /^[a-z][a-z0-9+.-]+:/i.test(text) ? REFUSED : accept(resolve(text));
    },
    fromText: (text) => text,
  };
}

/** The word for the newest checkpoint there is. */
export const LATEST = "latest";

export function orLatest(kind: OptionKind<string>): OptionKind<string> {
  return {
    expected: `${kind.expected}, or "${LATEST}"`,
    check: (value) => (value === LATEST ? accept(LATEST) : kind.check(value)),
    fromText: (text) => (text === LATEST ? text : kind.fromText(text)),
  };
}

function fromFileUrl(text: string): Checked<string> {
  try {
    return accept(fileURLToPath(text));
  } catch {
    return REFUSED;
  }
}

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["k", 1024],
  ["kb", 1024],
  ["kib", 1024],
  ["m", 1024 ** 2],
  ["mb", 1024 ** 2],
  ["mib", 1024 ** 2],
  ["g", 1024 ** 3],
  ["gb", 1024 ** 3],
  ["gib", 1024 ** 3],
]);

/** A size: a number of bytes, or text such as "64 MiB" ("64 mb" means the same, as in Flink). */
export function bytes(min: number, max: number): OptionKind<number> {
  return {
    expected: `a size from ${formatSize(min)} to ${formatSize(max)}: bytes, or text such as "64 MiB"`,
    check: (value) => {
      const size = typeof value === "string" ? parseSize(value) : value;
      if (typeof size !== "number" || !Number.isInteger(size)) return REFUSED;
      return size >= min && size <= max ? accept(size) : REFUSED;
    },
    fromText: (text) => text,
  };
}

function parseSize(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = match === null ? undefined : UNIT_BYTES.get((match[2] ?? "").toLowerCase());
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}

export function formatSize(size: number): string {
  for (const [unit, scale] of [
    ["GiB", 1024 ** 3],
    ["MiB", 1024 ** 2],
    ["KiB", 1024],
  ] as const) {
    if (size >= scale && size % scale === 0) return `${size / scale} ${unit}`;
  }
  return `${size} bytes`;
}

function numberFromText(text: string): unknown {
  return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
}
