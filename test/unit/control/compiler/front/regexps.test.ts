// biome-ignore-all lint/complexity/useRegexLiterals: what users write.
// biome-ignore-all lint/complexity/useOptionalChain: what users write.
// biome-ignore-all lint/performance/useTopLevelRegex: what users write.
// biome-ignore-all lint/suspicious/noDoubleEquals: what users write.
/** Functions with regular expressions, compared with V8, and those that are refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import { assertAllSame, type Lambda, texts } from "./differential.ts";

const STRING = { kind: "STRING" } as const;

const MAPS: readonly Lambda[] = [
  (s) => /\d/.test(s),
  (s) => (/^\s*$/.test(s) ? "blank" : s),
  (s) => s.search(/[,;]/),
  (s) => s.replace(/\s+/, "_"),
  (s) => s.replace(/\s+/g, ""),
  (s) => s.replaceAll(/[^a-z]/g, "-"),
  (s) => s.replace(/(\w)=(\w)/g, "$2=$1"),
  (s) => s.replace(/a|b/i, "<$&>$$"),
  (s) => s.split(/[ ,]+/).length,
  (s) => s.split(/\s*,\s*/).join("|"),
  (s) => {
    const m = s.match(/(\w)=(\w)/);
    if (m === null) return "";
    return m[1] + m[2];
  },
  (s) => {
    const m = /^(\S*) (\S*)/.exec(s);
    if (!m) return { first: "none", second: s };
    const [, first, second] = m;
    return { first, second };
  },
  (s) => {
    const m = s.match(/(\d)(x)?/);
    return m ? [m[1] ?? "", m[2] ?? "no"] : ["", ""];
  },
  (s) => {
    const m = s.match(/(\d)|(a)/);
    if (m == null) return "";
    const [, digit = "no digit", letter = "no letter"] = m;
    return digit + letter;
  },
  (s) => s.match(/(\w+)@(\w+)/)?.[1] ?? "",
  (s) => s.match(/(?<key>\w)=(?<value>\w)/)?.groups?.value ?? "none",
  (s) => s.match(/to|be/g)?.length ?? 0,
  (s) => s.match(/to|be/g)?.length || -1,
  (s) => (s.match(/[a-z]+/g) ?? []).length,
  (s) => (s.match(/[a-z]+/g) || []).map((w: string) => w.length).join("+"),
  (s) => s.match(/[a-z]+/g)?.[0] ?? "none",
  (s) => {
    const words = s.match(/\w+/g);
    return words === null ? 0 : words.length;
  },
  (s) => {
    let n = 0;
    for (const w of s.match(/\w+/g) ?? []) n += w.length;
    return n;
  },
  (s) => {
    const m = s.match(/(.)(.)?/);
    return m !== null && m[2] === undefined ? "one" : "several or none";
  },
  (s) => s.match(/(\d)?(\w)/)?.[1] || "no digit",
  (s) => (s.match(/x/) ? 1 : 0),
  (s) => (s.match(/x/) !== null && s !== "x=1" ? 1 : 0),
  (s) => {
    const digits = /\d/;
    return digits.test(s) || digits.exec(s) !== null;
  },
  (s) => {
    const parse = (t: string) => /(\d)\D*(\d)/.exec(t);
    const m = parse(s);
    return m ? Number(m[1]) + Number(m[2]) : Number.NaN;
  },
  (s) => {
    const m = s.match(/(\w) (\w)/);
    return m ? m.slice(1).join("") : "";
  },
  // Without a match these throw.
  (s) => s.match(/\w/)[0],
  (s) => s.match(/\w/g).length,
  (s) => s.match(/(\w)/)[1] ?? "none",
  (s) => s.match(/(?<w>\w)/).groups?.w ?? "none",
];

test("regular expressions do what they do in V8", () => {
  assertAllSame(MAPS, { role: "map", inputType: STRING, records: texts() });
});

test("filters and flatMaps take regular expressions", () => {
  const records = fc.oneof(texts(), fc.constantFrom("a b", "x1", "to be"));
  assertAllSame([(s) => /^t|1$/.test(s), (s) => s.search(/x/) !== -1], {
    role: "filter",
    inputType: STRING,
    records,
  });
  const flatMaps: readonly Lambda[] = [
    (s) => s.split(/\W+/),
    (s) => s.split(/(?:)/u).filter((char: string) => /\w/.test(char)),
    (s) => s.match(/\w+/g) ?? [],
    (s, out) => {
      const m = s.match(/(\w) (\w)/);
      if (m) out.collect([m[1], m[2]]);
    },
    (s, out) => {
      const m = s.match(/(\w) (\w)/);
      m && out.collect(m[0]);
    },
  ];
  assertAllSame(flatMaps, { role: "flatMap", inputType: STRING, records });
});

const NOT_COMPILED = ", which is not compiled";

/** [body of s => …, reason] */
const REFUSED: readonly (readonly [string, string])[] = [
  [
    String.raw`/(a)\1/.test(s)`,
    `uses a regular expression that has a back reference${NOT_COMPILED}`,
  ],
  ["/(?<=a)b/.test(s)", `uses a regular expression that looks behind${NOT_COMPILED}`],
  ["/(?<!a)b/.test(s)", `uses a regular expression that looks behind${NOT_COMPILED}`],
  ["/a/y.test(s)", `uses a regular expression that has the flag y${NOT_COMPILED}`],
  ["/a/d.test(s)", `uses a regular expression that has the flag d${NOT_COMPILED}`],
  ["/a/iu.test(s)", `uses a regular expression that has the flags i and u together${NOT_COMPILED}`],
  [
    "/é/i.test(s)",
    `uses a regular expression that has characters beyond ASCII and the flag i${NOT_COMPILED}`,
  ],
  [
    String.raw`/\p{L}/u.test(s)`,
    `uses a regular expression that has a property of Unicode${NOT_COMPILED}`,
  ],
  [
    "/(?:(?:ab|c){40}|d){40}e/.test(s)",
    `uses a regular expression that is too long${NOT_COMPILED}`,
  ],
  ["/a/g.test(s)", "calls test() with the flag g, which counts on the call before"],
  ["/a/g.exec(s)", "calls exec() with the flag g, which counts on the call before"],
  ["/a/.toString()", `calls toString() of a regular expression${NOT_COMPILED}`],
  ["s.split(/(a)/).length", `splits at a regular expression with groups${NOT_COMPILED}`],
  ["s.split(/a/, 2).length", `calls split() with 2 arguments${NOT_COMPILED}`],
  ["s.replaceAll(/a/, '')", "calls replaceAll() of a regular expression without the flag g"],
  ["s.replace(/a/, s)", `replaces matches by what is no constant string${NOT_COMPILED}`],
  ["s.replace(/a/, () => 'b')", `replaces matches by what is no constant string${NOT_COMPILED}`],
  ["s.replace(/a/, '$`')", `replaces by what is around a match${NOT_COMPILED}`],
  ["s.match(/a/)", `emits a match${NOT_COMPILED}`],
  ["s.match(/a/).input", `takes \`input\` of a match${NOT_COMPILED}`],
  ["s.match(/(?<a>b)/).groups.c", "takes group `c`, which is not known"],
  ["s.match(/a/) ?? ['a']", `uses ?? with a match${NOT_COMPILED}`],
  ["[...s.matchAll(/a/g)].length", `uses a regular expression as a value${NOT_COMPILED}`],
];

test("what is not compiled of regular expressions is refused", () => {
  for (const [body, reason] of REFUSED) {
    const fn: unknown = new Function(`return (s) => ${body};`)();
    const analysis = analyze({ fn, role: "map", inputType: STRING, declaredOutput: null });
    assert.equal(analysis.ok ? "compiled" : analysis.reason, reason, body);
  }
});
