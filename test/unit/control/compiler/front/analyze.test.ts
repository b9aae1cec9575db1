/** Forms of functions, declared types, keys, and what the IR holds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import { usedInputs } from "../../../../../control/compiler/front/usage.ts";
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
  // Where the inner array is null, this throws.
  assert.equal(
    fields(([key, , [_inner]]) => key, tuple),
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
  assert.deepEqual(usedInputs(map), [[1]]);
  const both = program((r) => [r.n, r.n * 2], "map");
  assert.deepEqual(usedInputs(both), [[1]]);
  const filter = program((r) => r.user !== "", "filter");
  assert.deepEqual(usedInputs(filter), [[0]]);
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
