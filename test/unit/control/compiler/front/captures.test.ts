/** Names from outside: constants, tables and helpers that are compiled in, and what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { Captured } from "../../../../../control/compiler/front/captures.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { assertAllSame, type Lambda, programOf, texts } from "./differential.ts";
import { evaluateProgram, GAVE_UP } from "./evaluate-ir.ts";

const STRING: DataType = { kind: "STRING" };
const NUMBER: DataType = { kind: "NUMBER" };

const clean = (text: string) => text.trim().toLowerCase();
const CAPTURES: Readonly<Record<string, unknown>> = {
  limit: 3,
  negative: -0,
  prefix: "a",
  isOn: true,
  STOP: ["a", "to", "be"],
  none: [],
  RATES: { EUR: 1.1, USD: 1, "": -0, 7: 2 },
  TEXTS: { a: "x", to: "y" },
  POINTS: { a: { x: 1, tags: ["p", "q"] }, to: { x: 2, tags: ["r", "s"] } },
  LENGTHS: [10, 20, 30],
  words: new Set(["to", "be", "or", "not", "a", "", "WARN"]),
  sizes: new Map([
    [0, "none"],
    [1, "one"],
    [2, "two"],
  ]),
  util: { clean, twice: (n: number) => n * 2 },
  clean,
  score(text: string) {
    if (text === prefix) return limit;
    const n = clean(text).length;
    return n * 2;
  },
  loop: (n: number): number => loop(n - 1),
  later: async (n: number) => n,
};
const resolveCapture = (_: CallableFunction, name: string): Captured | null =>
  name in CAPTURES ? { kind: "value", value: CAPTURES[name] } : null;
declare const limit: number;
declare const prefix: string;
declare const isOn: boolean;
declare const STOP: readonly string[];
declare const none: readonly string[];
declare const negative: number;
declare const RATES: Readonly<Record<string, number>>;
declare const TEXTS: Readonly<Record<string, string>>;
declare const POINTS: Readonly<Record<string, { x: number; tags: readonly string[] }>>;
declare const LENGTHS: readonly number[];
declare const words: ReadonlySet<string>;
declare const sizes: ReadonlyMap<number, string>;
declare const util: { clean(text: string): string; twice(n: number): number };
declare const loop: (n: number) => number;
declare const score: (text: string) => number;

test("captured constants and helpers are compiled in", () => {
  const functions: readonly Lambda[] = [
    (s) => s.length > limit,
    (s) => (isOn ? prefix + s : s),
    (s) => STOP.includes(s),
    (s) => none.includes(s),
    (s) => [STOP.length, STOP[1], STOP[s.length] ?? "none", STOP.join("|")],
    (s) => STOP.some((word) => s.startsWith(word)),
    (s) => negative * s.length,
    (s) => clean(s),
    (s) => [score(s), score(clean(s))],
    (s) => s.split(" ").map(clean).join(),
    (s) => util.twice(util.clean(s).length),
    (s) =>
      s
        .split(" ")
        .map(score)
        .reduce((a: number, b: number) => a + b, 0),
    (s) => {
      const limit = s.length;
      return limit;
    },
  ];
  Object.assign(globalThis, CAPTURES);
  assertAllSame(functions, { role: "map", inputType: STRING, records: texts(), resolveCapture });
});

test("captured tables are looked into by computed keys", () => {
  const functions: readonly Lambda[] = [
    (s) => RATES[s] ?? -1,
    (s) => RATES[s.length] ?? s.length,
    (s) => TEXTS[s] ?? `no ${s}`,
    (s) => (POINTS[s] ?? { x: 0, tags: ["", ""] }).x,
    (s) => (POINTS[s] ?? { x: 0, tags: ["u", "v"] }).tags[1],
    (s) => LENGTHS[s.length] ?? 0,
    (s) => LENGTHS[s.length / 2 - 1] ?? 0,
    (s) => LENGTHS[s.length % 3],
    (s) => words.has(s),
    (s) => words.has(s.trim()) && words.size === 7,
    (s) => [...words].join("+") + s,
    (s) => sizes.get(s.length) ?? "many",
    (s) => sizes.get(-s.length) ?? "many",
    (s) => (sizes.has(s.length) ? sizes.get(s.length % 3) : ""),
    (s) => {
      let all = s;
      for (const [size, name] of sizes) all += name + size;
      return all;
    },
  ];
  Object.assign(globalThis, CAPTURES);
  const names = fc.constantFrom(...Object.getOwnPropertyNames(Object.prototype));
  const keys = fc.oneof(fc.constantFrom("EUR", "USD", "", "7", "a", "to"), names, texts());
  assertAllSame(functions, { role: "map", inputType: STRING, records: keys, resolveCapture });
});

test("a key that is in no table gives the row up, and so does one that every object has", () => {
  const request = { role: "map", inputType: STRING, declaredOutput: null, resolveCapture } as const;
  const plain = programOf((s: string) => RATES[s], request);
  assert.deepEqual(evaluateProgram(plain, "EUR"), [1.1]);
  assert.equal(evaluateProgram(plain, "GBP"), GAVE_UP);
  const withDefault = programOf((s: string) => RATES[s] ?? 0, request);
  assert.deepEqual(evaluateProgram(withDefault, "GBP"), [0]);
  assert.equal(evaluateProgram(withDefault, "toString"), GAVE_UP);
});

test("what is captured and not compiled is refused where it is used", () => {
  const reason = (source: string, captured: Captured = { kind: "value", value: 1 }): string => {
    const analysis = analyze({
      role: "map",
      inputType: NUMBER,
      declaredOutput: null,
      fn: new Function("n", `return ${source}`),
      resolveCapture: (fn, name) => (name === "x" ? captured : resolveCapture(fn, name)),
    });
    return analysis.ok ? "" : analysis.reason;
  };
  const value = (held: unknown): string => reason("x", { kind: "value", value: held });
  assert.equal(reason("loop(n)"), "calls a function recursively");
  assert.equal(reason("later(n)"), "captures `later`, which is async");
  assert.equal(
    reason("x", { kind: "refused", reason: "is assigned to" }),
    "captures `x`, which is assigned to",
  );
  assert.equal(reason("y"), "captures `y`, which cannot be resolved");
  assert.equal(value(null), "captures `x`, which holds null");
  assert.equal(value(1n), "captures `x`, which holds a bigint");
  assert.equal(
    value(Object.assign(/a/, { exec: () => null })),
    "captures `x`, which holds a regular expression with properties of its own",
  );
  assert.equal(
    value(Object.assign(new Array(2), { 1: 2 })),
    "captures `x`, which is an array with holes",
  );
  assert.equal(
    value({ a: [{ b: new Date(0) }] }),
    "captures `x`, which holds an object of class `Date`",
  );
  const getter = {
    get a() {
      return 1;
    },
  };
  assert.equal(value(getter), "captures `x`, which has a getter or setter");
  assert.equal(value(new Map([[{}, 1]])), "captures `x`, which has keys that are not compiled");
  assert.equal(value(new Array(3000).fill(0)), "captures `x`, which holds more than 2000 values");
  assert.equal(
    value(Math.max),
    "captures `x`, which is a native or bound function, whose source is not known",
  );
});
