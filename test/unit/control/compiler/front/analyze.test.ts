/** Forms of functions, captures, declared types, keys. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { Captured } from "../../../../../control/compiler/front/captures.ts";
import type { Role } from "../../../../../control/compiler/front/roles.ts";
import { emittedInputs, usedInputs } from "../../../../../control/compiler/front/usage.ts";
import type { Expr, Statement } from "../../../../../control/compiler/ir.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import {
  assertAllSame,
  assertSame,
  integers,
  type Lambda,
  numbers,
  programOf,
  texts,
} from "./differential.ts";
import { evaluateProgram, GAVE_UP } from "./evaluate-ir.ts";

const STRING: DataType = { kind: "STRING" };
const NUMBER: DataType = { kind: "NUMBER" };
const ROW: DataType = {
  kind: "ROW",
  fields: [
    { name: "user", type: STRING },
    { name: "n", type: { kind: "INT" } },
    { name: "time", type: { kind: "LONG" } },
    { name: "blob", type: { kind: "GENERIC" } },
  ],
};

test("methods of objects and classes are compiled", () => {
  const request = { role: "map", inputType: STRING, declaredOutput: null } as const;
  class Upper {
    map(text: string): string {
      return text.toUpperCase();
    }
  }
  class Derived extends Upper {}
  const objects = [
    { map: (text: string) => text.toUpperCase() },
    {
      map(text: string) {
        return text.toUpperCase();
      },
    },
    {
      ["map"](text: string) {
        return text.toUpperCase();
      },
    },
    {
      map: function map(text: string) {
        return text.toUpperCase();
      },
    },
    new Upper(),
    new Derived(),
  ];
  for (const object of objects) {
    assert.deepEqual(evaluateProgram(programOf(object, request), "ab"), ["AB"]);
  }
});

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

function declared(fn: Lambda, output: DataType, inputType: DataType = NUMBER) {
  return analyze({ fn, role: "map", inputType, declaredOutput: output });
}

test("declared integers are checked and converted", () => {
  const types: readonly [DataType["kind"], readonly number[]][] = [
    ["INT", [1.5, 2 ** 31, Number.NaN]],
    ["LONG", [0.5, 2 ** 53, Number.POSITIVE_INFINITY]],
    ["TIMESTAMP", [0.5, -(2 ** 53)]],
  ];
  for (const [kind, misfits] of types) {
    const analysis = declared((x) => [x * 1, "a"], {
      kind: "TUPLE",
      fields: [{ kind } as DataType, STRING],
    });
    assert.ok(analysis.ok);
    assert.deepEqual(evaluateProgram(analysis.program, 7), [[7, "a"]]);
    for (const value of misfits) assert.equal(evaluateProgram(analysis.program, value), GAVE_UP);
  }
});

test("declared fields take the order of the declaration", () => {
  const output: DataType = {
    kind: "ROW",
    fields: [
      { name: "b", type: { kind: "DOUBLE" } },
      { name: "a", type: STRING },
    ],
  };
  const analysis = declared((x) => ({ a: `${x}`, b: x }), output);
  assert.ok(analysis.ok);
  assert.deepEqual(analysis.program.outputType, output);
  assert.deepEqual(Object.keys((evaluateProgram(analysis.program, 1) as object[])[0] ?? {}), [
    "b",
    "a",
  ]);
});

test("declared lists are built", () => {
  const list: DataType = { kind: "LIST", element: STRING };
  assertSame((s) => s.split(","), {
    role: "map",
    inputType: STRING,
    records: texts(),
    declaredOutput: list,
  });
  assertSame((s) => [s, "x"], {
    role: "map",
    inputType: STRING,
    records: texts(),
    declaredOutput: list,
  });
  const doubles: DataType = { kind: "LIST", element: { kind: "DOUBLE" } };
  const record: DataType = { kind: "ROW", fields: [{ name: "xs", type: doubles }] };
  assertSame((x) => ({ xs: [x, 1, x + 1] }), {
    role: "map",
    inputType: NUMBER,
    records: numbers(),
    declaredOutput: record,
  });
});

test("what does not fit the declaration is refused", () => {
  const reason = (fn: Lambda, output: DataType): string => {
    const analysis = declared(fn, output);
    return analysis.ok ? "" : analysis.reason;
  };
  assert.equal(
    reason((x) => `${x}`, { kind: "INT" }),
    "emits STRING where INT is declared",
  );
  assert.equal(
    reason((x) => [x, x], { kind: "TUPLE", fields: [NUMBER, STRING] }),
    "emits NUMBER where STRING is declared at [1]",
  );
  assert.equal(
    reason((x) => [x], { kind: "TUPLE", fields: [NUMBER, STRING] }),
    "emits an array where TUPLE is declared",
  );
  assert.equal(
    reason((x) => ({ a: x }), { kind: "ROW", fields: [{ name: "b", type: NUMBER }] }),
    "emits an object where ROW is declared",
  );
  assert.equal(
    reason((x) => x, { kind: "GENERIC" }),
    "emits NUMBER where GENERIC is declared",
  );
});

test("integer columns keep their type until they are used", () => {
  const type = (fn: Lambda): DataType =>
    programOf(fn, { role: "map", inputType: ROW, declaredOutput: null }).outputType;
  assert.deepEqual(
    type((r) => r.n),
    { kind: "INT" },
  );
  assert.deepEqual(
    type((r) => r.n + 0),
    NUMBER,
  );
  assert.deepEqual(
    type((r) => (r.user ? r.time : r.time)),
    { kind: "LONG" },
  );
  assert.deepEqual(
    type((r) => (r.user ? r.n : r.time)),
    NUMBER,
  );
  assert.deepEqual(
    type(({ user, n }) => [user, n, 1]),
    {
      kind: "TUPLE",
      fields: [STRING, { kind: "INT" }, NUMBER],
    },
  );
  assert.deepEqual(
    type((r) => ({ n: r.n, label: r.user, ok: true })),
    {
      kind: "ROW",
      fields: [
        { name: "n", type: { kind: "INT" } },
        { name: "label", type: STRING },
        { name: "ok", type: { kind: "BOOLEAN" } },
      ],
    },
  );
});

test("keys that are fields are recognised", () => {
  const tuple: DataType = {
    kind: "TUPLE",
    fields: [STRING, NUMBER, { kind: "TUPLE", fields: [STRING, STRING] }],
  };
  const fields = (fn: Lambda, inputType: DataType) => {
    const analysis = analyze({ fn, role: "keySelector", inputType, declaredOutput: null });
    assert.ok(analysis.ok);
    return analysis.keyFields;
  };
  assert.deepEqual(
    fields((t) => t[0], tuple),
    [0],
  );
  assert.deepEqual(
    fields(([, n]) => n, tuple),
    [1],
  );
  assert.deepEqual(
    fields((r) => r.user, ROW),
    [0],
  );
  assert.deepEqual(
    fields(({ n, user }) => [n, user], ROW),
    [1, 0],
  );
  assert.deepEqual(
    fields((r) => {
      const { time } = r;
      return time;
    }, ROW),
    [2],
  );
  assert.equal(
    fields((r) => [r.user], ROW),
    null,
  );
  assert.equal(
    fields((r) => r.user.trim(), ROW),
    null,
  );
  assert.equal(
    fields((t) => t[2][0], tuple),
    null,
  );
  assert.deepEqual(
    fields((s) => s, STRING),
    [0],
  );
  assert.equal(
    fields((s) => [s, s.length], STRING),
    null,
  );
  assert.equal(
    fields((r) => (r.n > 1 ? r.user : "x"), ROW),
    null,
  );
});

test("leaves that are read are told from those that are passed on", () => {
  const program = (fn: Lambda, role: "map" | "filter") =>
    programOf(fn, { role, inputType: ROW, declaredOutput: null });
  const map = program((r) => [r.user, r.n * 2], "map");
  assert.deepEqual([usedInputs(map), emittedInputs(map)], [[[1]], [[0]]]);
  const both = program((r) => [r.n, r.n * 2], "map");
  assert.deepEqual([usedInputs(both), emittedInputs(both)], [[[1]], [[1]]]);
  const filter = program((r) => r.user !== "", "filter");
  assert.deepEqual(usedInputs(filter), [[0]]);
  assert.deepEqual(emittedInputs(filter), [[0], [1], [2], [3]]);
});

function operations(statements: readonly Statement[]): readonly string[] {
  return statements.flatMap((statement): readonly string[] => {
    if (statement.do === "if")
      return ["if", ...operations(statement.then), ...operations(statement.else)];
    if (statement.do === "each" || statement.do === "while") {
      return [statement.do, ...operations(statement.body)];
    }
    return [statement.do];
  });
}

test("chains of list methods become loops without lists", () => {
  const { body } = programOf(
    (line: string) =>
      line
        .split(" ")
        .filter((w) => w !== "")
        .map((w) => [w, 1]),
    { role: "flatMap", inputType: STRING, declaredOutput: null },
  );
  assert.deepEqual(operations(body), ["each", "if", "emit"]);
  const [each] = body;
  assert.ok(each?.do === "each" && each.list.op === "call" && each.list.name === "string.split");
});

function emittedScalar(fn: Lambda): Expr {
  const { body } = programOf(fn, { role: "map", inputType: STRING, declaredOutput: null });
  const [only] = body;
  assert.ok(
    body.length === 1 && only?.do === "emit" && only.value.kind === "scalar",
    JSON.stringify(body),
  );
  return only.value.value;
}

test("constants are folded and dead code is left out", () => {
  assert.deepEqual(
    emittedScalar(() => 0.1 + 0.2),
    { op: "number-literal", text: "0.30000000000000004" },
  );
  assert.deepEqual(
    emittedScalar(() => -0 * 1),
    { op: "number-literal", text: "-0" },
  );
  assert.deepEqual(
    emittedScalar(() => `${1 / 3}`.length),
    { op: "number-literal", text: "18" },
  );
  assert.deepEqual(
    emittedScalar(() => "b".toUpperCase() + ("a" < "b")),
    { op: "string-literal", value: "Btrue" },
  );
  assert.deepEqual(
    emittedScalar((s) => {
      const unused = [s, 1 + 2];
      const also = unused.length > 5;
      if (also) return "never";
      return s;
    }),
    { op: "input", path: [], type: STRING },
  );
});

test("what may throw is not left out", () => {
  const throwing: readonly Lambda[] = [
    (s) => [s.repeat(s.length - 2), 1][1],
    (s) => [s.repeat(s.length - 2)].length,
    (s) => [1, s].map((x) => x.toString().repeat(s.length - 2)).length,
    (s) => s.split(",").map((c: string) => c.repeat(c.length - 2)).length,
    (s) =>
      s
        .split(",")
        .map((c: string) => c.repeat(c.length - 2))
        .filter(() => true).length,
    (s) => ({ ...{ a: s.repeat(s.length - 2) }, a: 1 }),
    (s) => {
      s.repeat(s.length - 2);
      return 1;
    },
    (s) => {
      const [, second] = [s.repeat(s.length - 2), 2];
      return second;
    },
    new Function("s", "const unused = s.repeat(s.length - 2); return s;") as Lambda,
    new Function("s", "const u = 1.5.toFixed(s.length * 30); return s;") as Lambda,
  ];
  assertAllSame(throwing, { role: "map", inputType: STRING, records: texts() });
});

test("integers of any size are read exactly or given up", () => {
  assertSame((r) => [r.time % 10, r.n / 3], {
    role: "map",
    inputType: ROW,
    records: fc.record({
      user: texts(),
      n: integers(),
      time: fc.oneof(fc.maxSafeInteger(), fc.constant(2n ** 61n)),
      blob: fc.constant(null),
    }),
  });
});
