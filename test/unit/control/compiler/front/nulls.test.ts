// biome-ignore-all lint/suspicious/noGlobalIsNan: what users write.
// biome-ignore-all lint/suspicious/noDoubleEquals: what users write.
// biome-ignore-all lint/style/useTemplate: what users write.
// biome-ignore-all lint/complexity/useOptionalChain: what users write.
/** Functions over records with nulls in every place, compared with V8. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import {
  assertAllSame,
  integers,
  type Lambda,
  longs,
  numbers,
  programOf,
  texts,
} from "./differential.ts";

const AT: DataType = {
  kind: "ROW",
  fields: [
    { name: "x", type: { kind: "NUMBER" } },
    { name: "name", type: { kind: "STRING" } },
  ],
};
const ROW: DataType = {
  kind: "ROW",
  fields: [
    { name: "s", type: { kind: "STRING" } },
    { name: "t", type: { kind: "STRING" } },
    { name: "n", type: { kind: "NUMBER" } },
    { name: "i", type: { kind: "INT" } },
    { name: "l", type: { kind: "LONG" } },
    { name: "b", type: { kind: "BOOLEAN" } },
    { name: "at", type: AT },
    { name: "blob", type: { kind: "BYTES" } },
  ],
};

const orNull = (values: fc.Arbitrary<unknown>) => fc.option(values, { freq: 3 });
const ROWS = fc.record(
  {
    s: orNull(texts()),
    t: orNull(fc.constantFrom("", "a", "5", "null")),
    n: orNull(numbers()),
    i: orNull(integers()),
    l: orNull(longs()),
    b: orNull(fc.boolean()),
    at: orNull(
      fc.record({ x: orNull(numbers()), name: orNull(texts()) }, { noNullPrototype: true }),
    ),
    blob: orNull(fc.constant(new Uint8Array([1, 2]))),
  },
  { noNullPrototype: true },
);

const MAPS: readonly Lambda[] = [
  (r) => r,
  (r) => ({ ...r, n: r.n + 1 }),
  (r) => [r.s, r.n, r.at],
  (r) => [r.s === null, r.n !== null, r.b == null, r.at != undefined, r.l === undefined],
  (r) => [r.at === null, r.blob === null, r.s === r.t, r.n === r.i, r.b == true, r.t == "a"],
  (r) => [r.s ?? "none", r.n ?? -1, r.b ?? true, r.l ?? 7],
  (r) => [r.at?.x ?? 0, r.at?.name ?? "", r.s?.length ?? -1, r.s?.trim().slice(1) ?? "x"],
  (r) => [r.at?.x == null, r.at?.name === "a", r.s?.startsWith("a") ? 1 : 2],
  (r) => [r.n + r.i, r.n * 2, -r.i, r.n < r.i, r.n >= 0, Math.max(r.n, r.i), r.i | 1, +r.b],
  (r) => [`${r.s}:${r.n}:${r.b}`, "<" + r.s, String(r.i), [r.s, r.t].join("-"), r.t + r.t],
  (r) => [r.s < "m", r.t >= "5", "a" > r.t, r.s < r.t],
  (r) => [r.s ? 1 : 2, !r.n, r.b && r.n > 1, r.s || "none", r.s || r.t, r.at ? 1 : 2],
  (r) => [r.b ? r.s : null, r.n > 0 ? null : r.n, r.b ? null : r.b ? r.i : r.n],
  (r) => [r.b ? r.at : null, r.b ? { x: r.n } : null],
  (r) => [null, r.n],
  (r) => (r.b ? [r.s, null] : [null, r.n]),
  (r) => [Number.isInteger(r.i), Number.isNaN(r.n), isNaN(r.n), Number(r.s), Boolean(r.t)],
  (r) => [parseInt(r.t, 10), parseFloat(r.t), ["a", "5"].includes(r.t), [1, 2].indexOf(r.i)],
  (r) => (r.at !== null && r.at.x !== null ? r.at.x : -1),
  (r) => {
    const { s, at } = r;
    if (s === null) return ["none", at];
    return [s.toUpperCase() + s.concat(""), at];
  },
  (r) => {
    let last = null;
    for (const w of (r.s ?? "").split(" ")) if (w !== "") last = w;
    return [last, last === null];
  },
  (r) => {
    let s = r.s;
    if (r.b) s = null;
    else if (r.n > 0) s = "positive";
    return { s, isNull: s === null };
  },
  (r) => {
    let x: number | null = 1;
    if (r.b) x = null;
    return [x, x ?? 5];
  },
  (r) => {
    const pick = (a: unknown, b: unknown) => (a === null ? b : a);
    return [pick(r.s, r.t), pick(r.n, 0)];
  },
  (r) => {
    const f = (x: number | null) => {
      if (x === null) return null;
      return x * 2;
    };
    return [f(r.n), f(r.i)];
  },
  (r) => {
    switch (r.t) {
      case "a":
        return [1];
      default:
        return [r.i];
    }
  },
  (r) => (r.at.x > 0 ? [r.at.name] : [r.s]),
  (r) => [r.s?.match(/(a)(b)?/)?.[2] ?? "none", r.t?.match(/\d/g)?.[0] ?? "no digit"],
  (r) => {
    const m = /^(a)(b)?/.exec(r.t ?? "");
    return [m === null, m !== null && m[2] === undefined, m?.[1] ?? r.s];
  },
  (r) => {
    const m = r.t?.match(/(a)|(\d)|$/);
    const all = r.t?.match(/l/g);
    return [
      m ? "match" : "none",
      m === null,
      m === undefined,
      m == null,
      m !== null,
      m?.[1] ?? "no a",
      m?.[2] === undefined,
      all?.length ?? -1,
      all === null,
      all !== undefined,
    ];
  },
  (r) => {
    let length = 0;
    for (const word of r.s?.match(/\w+/g) ?? []) length += word.length;
    return [length, (r.t?.match(/./g) || []).join("-"), r.t?.match(/a/) ? r.s : r.t];
  },
  (r) => r.t?.match(/(.)/)[1],
  (r) => {
    const m = r.t?.match(/(.)/);
    return m[1];
  },
  (r) => [r.t?.split("")[0] ?? "-", r.t?.split("")?.[0] ?? r.s, (r.s || r.t) ?? "both"],
  (r) => {
    const names: Record<string, number> = { a: 1, null: 2, 5: 3 };
    const odd: Record<string, number> = { 1: 10, null: 20 };
    const many = [10, 20, 30, 40, 50, 60];
    const byNumber: Record<number, string> = {
      0: "zero",
      1: "one",
      2: "two",
      3: "t",
      4: "f",
      5: "v",
    };
    return [names[r.t] ?? 0, many[r.i] ?? r.i, byNumber[r.i] ?? "?", odd[r.i] ?? 0];
  },
  (r) => [r.s.length, r.n.toFixed(1)],
  // An element that nobody uses, of what may be undefined.
  (r) => {
    const parts = r.s?.split(",");
    return [parts[0], r.n][1];
  },
];

test("maps over records with nulls give what JavaScript gives", () => {
  assertAllSame(MAPS, { role: "map", inputType: ROW, records: ROWS });
});

test("filters over records with nulls keep what JavaScript keeps", () => {
  const filters: readonly Lambda[] = [
    (r) => r.s === null,
    (r) => r.n > 0 || r.s == null,
    (r) => r.at?.x !== null && r.s !== "a",
    (r) => !r.b,
    (r) => (r.t ?? "a") === "a",
  ];
  // `r.at?.x` is undefined or null, which only ?? and loose comparisons take as one.
  const compiled = filters.filter((fn) => !String(fn).includes("?.x !== null"));
  assertAllSame(compiled, { role: "filter", inputType: ROW, records: ROWS });
  const refused = analyze({
    fn: filters[2],
    role: "filter",
    inputType: ROW,
    declaredOutput: null,
  });
  assert.equal(
    !refused.ok && refused.reason,
    "tells null from undefined, which is not compiled here",
  );
});

test("flat maps over records with nulls emit what JavaScript emits", () => {
  const flatMaps: readonly Lambda[] = [
    (r) => (r.s === null ? [] : r.s.split(" ")),
    (r, out) => {
      if (r.s !== null) out.collect([r.s, r.n]);
      out.collect([null, r.i]);
    },
    (r) => (r.b ? null : [[r.s]]),
  ];
  assertAllSame(flatMaps, { role: "flatMap", inputType: ROW, records: ROWS });
});

test("a field that may be null has the type of its values, one that is always null is GENERIC", () => {
  const { outputType } = programOf((r: { b: boolean; s: string }) => [r.b ? r.s : null, null], {
    role: "map",
    inputType: ROW,
    declaredOutput: null,
  });
  assert.deepEqual(outputType, {
    kind: "TUPLE",
    fields: [{ kind: "STRING" }, { kind: "GENERIC" }],
  });
});

test("programs that only compute with a field do not ask whether it is null", () => {
  const program = programOf((r: { n: number }) => r.n * 2 + 1, {
    role: "map",
    inputType: ROW,
    declaredOutput: null,
  });
  assert.ok(!JSON.stringify(program).includes("is-null"));
});
