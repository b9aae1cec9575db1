// biome-ignore-all lint/correctness/noUnusedFunctionParameters: what users write.
// biome-ignore-all lint/suspicious/noGlobalIsNan: what users write.
// biome-ignore-all lint/suspicious/noGlobalIsFinite: what users write.
// biome-ignore-all lint/correctness/useParseIntRadix: what users write.
// biome-ignore-all lint/style/useTemplate: what users write.
/** Functions over rows, tuples and numbers, compared with V8. */
import { test } from "node:test";
import fc from "fast-check";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { assertAllSame, integers, type Lambda, longs, numbers, texts } from "./differential.ts";

const ROW: DataType = {
  kind: "ROW",
  fields: [
    { name: "user", type: { kind: "STRING" } },
    { name: "price", type: { kind: "DOUBLE" } },
    { name: "count", type: { kind: "INT" } },
    { name: "time", type: { kind: "TIMESTAMP" } },
    { name: "isNew", type: { kind: "BOOLEAN" } },
    {
      name: "place",
      type: {
        kind: "ROW",
        fields: [
          { name: "city", type: { kind: "STRING" } },
          {
            name: "at",
            type: { kind: "TUPLE", fields: [{ kind: "NUMBER" }, { kind: "NUMBER" }] },
          },
        ],
      },
    },
  ],
};

const ROWS = fc.record(
  {
    user: texts(),
    price: numbers(),
    count: integers(),
    time: longs(),
    isNew: fc.boolean(),
    place: fc.record(
      { city: texts(), at: fc.tuple(numbers(), numbers()) },
      { noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);

const TUPLE: DataType = {
  kind: "TUPLE",
  fields: [{ kind: "STRING" }, { kind: "NUMBER" }, { kind: "LONG" }],
};
const TUPLES = fc.tuple(texts(), numbers(), longs());

const ROW_MAPS: readonly Lambda[] = [
  (r) => r,
  (r) => r.user,
  (r) => r.count,
  (r) => r.time,
  (r) => r.price * r.count,
  (r) => r.count + 1,
  (r) => r.time - (r.time % 1000),
  (r) => `${r.user}@${r.time}:${r.count}:${r.isNew}:${r.price}`,
  (r) => r.place.at[0] + r.place.at[1],
  (r) => r["user"].length,
  (r) => r.place?.city?.length,
  (r) => ({ ...r, price: r.price + 1 }),
  (r) => ({ ...r, extra: r.user }),
  (r) => ({ key: r.user, ...r.place }),
  (r) => [r.user, r.count, r.time],
  (r) => [r.place, r.place.at],
  (r) => ({ user: r.user, flags: [r.isNew, !r.isNew], n: r.count | 0 }),
  ({ user, price }) => ({ user, price }),
  ({
    user: name,
    place: {
      at: [x, y],
    },
  }) => [name, x * y],
  ({ user, ...rest }) => ({ name: user, ...rest }),
  ({ count = 5 }) => count,
  (r) => {
    const { user, ...rest } = r;
    return rest;
  },
  (r) => {
    const { price, count } = r;
    const total = price * count;
    return { user: r.user, total, average: total / (count || 1) };
  },
  (r) => (r.isNew ? { kind: "new", n: r.count } : { kind: "old", n: -1 }),
  (r) => (r.isNew ? r.count : r.count),
  (r) => (r.isNew ? r.count : 0),
  (r) => (r.isNew ? r.time : 0),
  (r) => {
    if (r.isNew) return [r.user, r.count];
    return [r.user, 0.5];
  },
  (r) => {
    if (r.price > 100) {
      return { level: "high", price: r.price };
    }
    if (r.price > 0) {
      return { level: "low", price: r.price };
    }
    return { level: "none", price: 0 };
  },
  (r) => {
    let total = r.count;
    total += r.price;
    total *= 2;
    total -= 1;
    total **= 2;
    return total;
  },
  (r) => {
    let n = r.count;
    n++;
    --n;
    n <<= 2;
    n |= 1;
    n ^= 5;
    n &= 255;
    n >>= 1;
    n >>>= 1;
    n %= 7;
    n /= 2;
    return n;
  },
  (r) => {
    const point = r.isNew ? r.place.at : [0, 0];
    return point[0] + point[1];
  },
  (r) => {
    const best = r.isNew ? { a: r.user, b: 1 } : { a: "", b: r.count };
    return `${best.a}${best.b}`;
  },
  (r) => r.isNew + r.isNew,
  (r) => r.isNew * 2,
  (r) => +r.isNew,
  (r) => r.isNew < r.count,
  (r) => r.isNew.toString() + r.count.toString() + r.price.toString(10),
  (r) => r.isNew === r.user.startsWith("a"),
  (r) => r.count === r.price,
  (r) => r.count || "none".length,
  (r) => r.user || r.place.city,
  (r) => r.isNew || r.count > 5,
  (r) => String(r.isNew) + String(r.time),
  (r) => [r.count, r.price, 5].map((n) => n + 1),
  (r) => [r.count, r.price, 5].reduce((a, b) => a + b, 0),
  (r) => [r.user, r.place.city].join("/"),
  (r) => [r.user, r.place.city][r.count & 1],
  (r) => Math.max(r.count, r.price, 5),
  (r) => Number(r.count) + Number(r.isNew) + Number(r.user),
];

const ROW_FILTERS: readonly Lambda[] = [
  (r) => r.isNew,
  (r) => !r.isNew && r.price > 3,
  (r) => r.time > 0,
  (r) => r.user.includes("a") || (r.count > 3 && r.place.city !== ""),
  ({ price, count }) => price < count,
  (r) => ["a", "to", "be"].includes(r.user),
  (r) => [1, 2, r.price].includes(r.count),
  (r) => (r.count > 0 ? r.isNew : false),
];

const ROW_FLAT_MAPS: readonly Lambda[] = [
  (r) => r.user.split(" ").map((w: string) => ({ w, city: r.place.city })),
  (r) => r.place.at,
  (r) => [r.place.at, [1, 2]],
  (r, out) => {
    for (const x of r.place.at) {
      if (x > 0) out.collect([r.user, x]);
    }
  },
  (r, out) => {
    for (let i = 0; i < Math.min(r.count, 3); i++) out.collect({ ...r.place, i });
  },
  (r) => {
    const parts = r.user.split(",");
    return parts.length < 2 ? null : parts.map((p: string, i: number) => [i, p, r.count]);
  },
];

const TUPLE_MAPS: readonly Lambda[] = [
  (t) => t,
  (t) => t[0],
  (t) => t[2],
  ([word, n]) => [word, n + 1],
  ([word, , time]) => ({ word, time }),
  ([word, ...rest]) => [...rest, word],
  (t) => [...t, 1],
  (t) => ({ ...{ x: t[0] }, n: t.length }),
  (t) => [t.at(0), t.at(-2)],
  ([word, n]) => {
    word = `${word}!`;
    n += 1;
    return [word, n];
  },
];

const NUMBER_MAPS: readonly Lambda[] = [
  (x) => x,
  (x) => [x + 1, x - 1, x * 3, x / 7, x % 3, x ** 2],
  (x) => [x & 7, x | 1, x ^ 3, x << 3, x >> 1, x >>> 1, ~x],
  (x) => [-x, +x, !x, -(-x)],
  (x) => [x < 1, x <= 1, x > 1, x >= 1, x === 1, x !== 1],
  (x) => `${x}`,
  (x) => x.toFixed(2),
  (x) => x.toFixed(),
  (x) => x.toString(),
  (x) => (x ? "yes" : "no"),
  (x) => x || 5,
  (x) => x && 5,
  (x) => !x || x > 3,
  (x) => [Math.abs(x), Math.ceil(x), Math.floor(x), Math.round(x), Math.trunc(x), Math.sign(x)],
  (x) => [Math.sqrt(x), Math.cbrt(x), Math.exp(x), Math.log(x), Math.log2(x), Math.log10(x)],
  (x) => [Math.sin(x), Math.atan2(x, 2), Math.hypot(x, 3), x ** 2, Math.imul(x, 3)],
  (x) => [Math.max(x, 1, -0), Math.min(x, 0), Math.max(x), Math.min(), Math.max(), Math.fround(x)],
  (x) => [Math.PI * x, Math.E, Number.EPSILON, Number.MAX_SAFE_INTEGER, NaN, -Infinity],
  (x) => [isNaN(x), isFinite(x), Number.isNaN(x), Number.isInteger(x), Number.isSafeInteger(x)],
  (x) => [Number.isFinite(x), Number(x), Number(), String(), Boolean(x)],
  (x) => [parseInt(x), parseFloat(x), parseInt(String(x), 10)],
  (x) => [0.1 + 0.2, 1 / 3, -0 * x, 5 % -3, 2 ** 0.5, 1 << 31, "a" + 1 + 2, 1 + 2 + "a"],
  (x) => ["abc".length, "abc".toUpperCase(), "a,b".indexOf(","), "x".repeat(3), `${1}${true}`],
  (x) => {
    const clamp = (value: number, low = 0, high = 10) => Math.max(low, Math.min(high, value));
    return [clamp(x), clamp(x, 5), clamp(x, -1, 1)];
  },
  (x) => {
    let a = 0;
    let b = 1;
    for (let i = 0; i < 10; i += 1) {
      const next = a + b;
      a = b;
      b = next;
    }
    return a + x;
  },
  (x) => {
    const bucket = x > 1000 ? "big" : x > 10 ? "middle" : Number.isNaN(x) ? "none" : "small";
    return { bucket, x };
  },
  (x) => [1, 2, x, NaN].includes(NaN),
  (x) => [1, 2, x].indexOf(2) + [x, 5].findIndex((y) => y > 3),
  (x) => [x, 1].some((y) => y > 5) === [x, 1].every((y) => y > 5),
  (x) =>
    [x, 2, 3]
      .filter((y) => y > 2)
      .map((y, i) => y * i)
      .join("|"),
  (x) => [x, 2, 3].filter((y) => y > 2).length,
  (x) => {
    let n = 0;
    while (n * n < x && n < 100) n += 1;
    return n;
  },
  (x) => {
    let n = 0;
    while ([1, 2, 3].some((y) => y > n)) n += 1;
    for (; n < 10; ) n += 3;
    return n + x;
  },
];

const options = { inputType: ROW, records: ROWS } as const;

test("maps over rows give what JavaScript gives", () => {
  assertAllSame(ROW_MAPS, { role: "map", ...options });
});

test("filters over rows keep what JavaScript keeps", () => {
  assertAllSame(ROW_FILTERS, { role: "filter", ...options });
});

test("flat maps over rows emit what JavaScript emits", () => {
  assertAllSame(ROW_FLAT_MAPS, { role: "flatMap", ...options });
});

test("maps over tuples give what JavaScript gives", () => {
  assertAllSame(TUPLE_MAPS, { role: "map", inputType: TUPLE, records: TUPLES });
});

test("maps over numbers give what JavaScript gives", () => {
  assertAllSame(NUMBER_MAPS, {
    role: "map",
    inputType: { kind: "NUMBER" },
    records: numbers(),
  });
});

test("timestamps and keys are computed as JavaScript computes them", () => {
  const times: readonly Lambda[] = [
    (r) => r.time,
    (r) => r.time + 1,
    (r) => Number(r.user),
    (r) => Math.trunc(r.price) * 1000,
  ];
  assertAllSame(times, { role: "timestamp", ...options });
  const keys: readonly Lambda[] = [
    (r) => r.user,
    (r) => r.user.toLowerCase(),
    (r) => [r.user, r.count],
    (r) => (r.isNew ? "new" : r.place.city),
    (r) => r.count % 10,
  ];
  assertAllSame(keys, { role: "keySelector", ...options });
});
