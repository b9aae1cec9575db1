/** What flatMap functions return on each path, and lists they fill before. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { Captured } from "../../../../../control/compiler/front/captures.ts";
import type { Role } from "../../../../../control/compiler/front/roles.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { assertAllSame, type Lambda, texts } from "./differential.ts";

const STRING: DataType = { kind: "STRING" };

test("what helpers of a flatMap return on each path is emitted", () => {
  const parts = (s: string): unknown[] => {
    if (s === "") return [];
    if (s.length > 3) return s.split(" ");
    for (const letter of s.split("")) if (letter === "a") return [letter, s];
    return s === "to" ? parts2(s) : [s];
  };
  const parts2 = (s: string): unknown[] => (s.length > 1 ? [`${s}!`] : []);
  const helpers: Readonly<Record<string, unknown>> = { parts, parts2 };
  const resolve = (_: CallableFunction, name: string): Captured | null =>
    name in helpers ? { kind: "value", value: helpers[name] } : null;
  const functions: readonly Lambda[] = [
    (s) => parts(s),
    (s) => (s === "be" ? parts2(s) : parts(s)),
    (s) => {
      const inner = (text: string) => (text.length > 2 ? [text.length] : []);
      return inner(s);
    },
    (s) => {
      const nothing = (text: string) => {
        if (text.length > 2) return [text];
        return undefined;
      };
      return nothing(s);
    },
  ];
  assertAllSame(functions, {
    role: "flatMap",
    inputType: STRING,
    records: texts(),
    resolveCapture: resolve,
  });
});

/** Of flatMap, with what JavaScript makes of it. */
const FILLING: readonly Lambda[] = [
  (s) => {
    const list: unknown[] = [];
    for (const word of s.split(" ")) if (word !== "") list.push(word);
    return list;
  },
  (s) => {
    if (s === "to") return [["early", 0]];
    const list: unknown[] = [];
    const add = (text: string) => {
      list.push([text, text.length], [s, 0]);
    };
    for (const word of s.split(" ")) add(word);
    if (s.length > 2) list.push(["long", s.length]);
    return list;
  },
  (s) => {
    const pairs = (words: readonly string[]) => {
      const list: string[] = [];
      for (let i = 0; i + 2 <= words.length; i++) list.push(words.slice(i, i + 2).join("+"));
      return list;
    };
    return pairs(s.split(" ").filter((word: string) => word !== ""));
  },
];

test("a list that a flatMap fills and returns is emitted as it is filled", () => {
  assertAllSame(FILLING, { role: "flatMap", inputType: STRING, records: texts() });
});

test("a list that is filled is refused where it is more than what is returned", () => {
  const reason = (source: string, role: Role = "flatMap"): string => {
    const fn = new Function("s", source);
    const analysis = analyze({ role, inputType: STRING, declaredOutput: null, fn });
    return analysis.ok ? "" : analysis.reason;
  };
  const pushes = /calls push\(\)/;
  const sources = [
    "const a = []; a.push(s); return a.slice(0, 1);",
    "const a = []; a.push(s); if (s === '') return []; return a;",
    "const a = []; for (const c of s) { if (c === 'x') return []; a.push(c); } return a;",
    "const a = []; const b = a; b.push(s); return a;",
    "const a = []; add(s); if (s === '') return []; return a; function add(x) { a.push(x); }",
    "const a = []; a.push(s); const get = () => { return a; }; return get().concat(a);",
    "const a = [s]; a.push(s); return a;",
    "const f = () => { const a = []; a.push(s); return a; }; f(); return [s];",
    "const f = () => { const a = []; a.push(s); return a; }; const b = f(); return b;",
    "const a = []; const n = [s].map(x => { a.push(x); return 1; }); return a;",
  ];
  for (const source of sources) assert.notEqual(reason(source), "", source);
  assert.match(reason(sources[1] ?? ""), pushes);
  assert.match(reason("const a = []; a.push(s); return a;", "map"), pushes);
  assert.equal(reason("const a = []; a.push(s); return a;"), "");
  const collecting = new Function("s", "out", "const a = []; a.push(s); out.collect(s); return a;");
  const request = { role: "flatMap", inputType: STRING, declaredOutput: null } as const;
  assert.ok(!analyze({ ...request, fn: collecting }).ok);
});
