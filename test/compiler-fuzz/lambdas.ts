// biome-ignore-all lint/suspicious/noTemplateCurlyInString: functions as text.
/** User functions as people write them. */
import type { DataType } from "../../dataplane/protocol/types.ts";
import type { FunctionCase, FuzzRole } from "./cases.ts";

const STRING: DataType = { kind: "STRING" };
const NUMBER: DataType = { kind: "NUMBER" };
const INT: DataType = { kind: "INT" };
const LONG: DataType = { kind: "LONG" };
const WORD_COUNT: DataType = { kind: "TUPLE", fields: [STRING, INT] };
const BID: DataType = {
  kind: "ROW",
  fields: [
    { name: "auction", type: LONG },
    { name: "price", type: NUMBER },
    { name: "channel", type: STRING },
    { name: "url", type: STRING },
    { name: "count", type: INT },
    { name: "isOpen", type: { kind: "BOOLEAN" } },
  ],
};

/** Of any record whatsoever, none is left to JavaScript. */
export const NEVER_GIVEN_UP: readonly FunctionCase[] = [
  ...cases("keySelector", STRING, ["(s) => s", "(s) => s.length", '(s) => [s.split(" ")[0], s]']),
  ...cases("keySelector", BID, [
    "(b) => b.channel.trim()",
    "(b) => [b.isOpen, b.count % 10]",
    "({ channel, count }) => `${channel}|${count}`",
    "(b) => { if (b.isOpen) return b.channel; return b.url; }",
  ]),
  ...cases("map", STRING, [
    "(s) => s",
    "(s) => s.length",
    "(s) => [s, 1]",
    "(s) => ({ word: s, count: 1 })",
    '(s) => s + "!"',
    "(s) => `<${s}>`",
    "(s) => s.trim()",
    "(s) => s.trimStart().trimEnd()",
    '(s) => s.split(",")[0]',
    '(s) => s.split(" ").length',
    '(s) => s.split(" ").filter((w) => w !== "").length',
    '(s) => s.split(" ").map((w) => w.trim()).join("-")',
    '(s) => s.indexOf(",")',
    '(s) => s.lastIndexOf("a")',
    '(s) => s.includes("a") && !s.startsWith("b")',
    "(s) => s.slice(0, 3)",
    "(s) => s.slice(-2)",
    "(s) => s.substring(1, 4)",
    "(s) => s.charAt(0)",
    "(s) => s.charCodeAt(0)",
    '(s) => s.replaceAll(",", ";")',
    '(s) => s.replace("a", "b")',
    '(s) => s.padStart(8, "0")',
    "(s) => s.repeat(2)",
    "(s) => s.search(/[,;]/)",
    '(s) => s.replace(/[ ,]+/g, "_")',
    "(s) => s.match(/[a-c]+|\\d/g)?.length ?? 0",
    '(s) => s.match(/([a-c]+)[ ,]*(\\d)?/)?.[2] ?? "none"',
    '(s) => { const m = /^([^,]*),([^,]*)/.exec(s); if (m === null) return ["", s]; return [m[1], m[2]]; }',
    "(s) => Number(s)",
    "(s) => +s * 2",
    "(s) => parseFloat(s)",
    "(s) => Number.isNaN(Number(s)) ? 0 : Number(s)",
    '(s) => (s.length > 5 ? "long" : s.length > 0 ? "short" : "empty")',
    '(s) => s || "none"',
    '(s) => s.split(" ").reduce((sum, w) => sum + w.length, 0)',
    '(s) => s.split("").length',
    '(s) => s.split("/")[3] ?? ""',
    '(s) => { let n = 0; for (const w of s.split(" ")) { if (w === "a") n += 1; } return n; }',
    '(s) => (STOP.has(s) ? NAME : "other")',
    "(s) => TITLES.get(s.length) ?? edge(s)",
    "(s) => clip(s.length) + (SIZES[s.length % 4] ?? LIMIT)",
    "(s) => { const [head] = s.split(','); return { head, rest: s.length - head.length }; }",
    "(s) => { let n = 0; for (let i = 0; i < s.length; i++) n = (n * 31 + s.charCodeAt(i)) | 0; return n; }",
  ]),
  ...cases("filter", STRING, [
    '(s) => s !== ""',
    "(s) => s.length > 3",
    '(s) => s.startsWith("a") || s.endsWith("c")',
    '(s) => s < "m"',
    "(s) => /^[a-c]/.test(s)",
    '(s) => s.split(" ").some((w) => w.length > 3)',
    '(s) => s.split(",").every((w) => w !== "")',
    '(s) => ["a", "b", "ab"].includes(s)',
    "(s) => !isNaN(Number(s))",
  ]),
  ...cases("flatMap", STRING, [
    "(s) => { const list = []; for (let i = 0; i + 2 <= s.length; i++) list.push(s.slice(i, i + 2)); return list; }",
    '(s) => { const of = (t) => { if (t === "") return []; const w = t.split(" "); return w.slice(w.length / 2); }; return of(s); }',
    '(line) => line.split(" ")',
    '(line) => line.split(" ").filter((w) => w.length > 0)',
    '(line) => line.split(" ").map((w) => [w, 1])',
    '(line) => line.split(",").map((w, i) => ({ w: w.trim(), i }))',
    '(line, out) => { for (const w of line.split(" ")) if (w !== "") out.collect([w, 1]); }',
    'function* (line) { for (const w of line.split(" ")) { if (w === "b") continue; yield w; } }',
    "(line) => [line, line.length > 2 ? line.slice(2) : line]",
    "(line) => (line.length > 1 ? [line] : [])",
    '(line) => line.split("")',
    "(line) => line.split(/[ ,]+/)",
  ]),
  ...cases("map", NUMBER, [
    "(x) => x * 2 + 1",
    "(x) => x / 3",
    "(x) => x % 7",
    "(x) => -x",
    "(x) => x ** 2",
    "(x) => Math.floor(x)",
    "(x) => Math.round(x * 100) / 100",
    "(x) => Math.max(x, 0)",
    "(x) => Math.min(Math.abs(x), 100)",
    "(x) => Math.sqrt(x) + Math.trunc(x)",
    "(x) => Math.sin(x) + Math.log(x)",
    "(x) => String(x)",
    "(x) => `${x}`",
    "(x) => x.toFixed(2)",
    "(x) => x | 0",
    "(x) => (x >>> 3) ^ (x << 2)",
    "(x) => ~x & 0xff",
    "(x) => [x, x > 0, String(x)]",
    "(x) => (Number.isInteger(x) ? x : Math.ceil(x))",
    "(x) => (x ? 1 : 0)",
    "(x) => x || 7",
  ]),
  ...cases("filter", NUMBER, ["(x) => x > 100", "(x) => x % 2 === 0", "(x) => !Number.isNaN(x)"]),
  ...cases("flatMap", NUMBER, [
    "(x) => [x, -x, x * 2]",
    "(x, out) => { if (x > 0) out.collect(x); }",
  ]),
  ...cases("map", INT, ["(i) => i", "(i) => i + 1", "(i) => i * i", "(i) => [i, i % 2 === 0]"]),
  ...cases("map", WORD_COUNT, [
    "(t) => t",
    "(t) => t[0]",
    "([word, count]) => [word, count + 1]",
    "(t) => [...t, t[0].length]",
    "(t) => ({ word: t[0], count: t[1] })",
  ]),
  ...cases("filter", WORD_COUNT, ["([word, count]) => count > 1 && word !== ''"]),
  ...cases("map", BID, [
    "(b) => b",
    "(b) => b.channel",
    "(b) => ({ ...b, price: b.price * 0.908 })",
    "(b) => [b.auction, b.price]",
    "({ channel, price }) => `${channel}: ${price}`",
    "(b) => ({ auction: b.auction, dir: b.url.split('/')[3] ?? '' })",
  ]),
  ...cases("filter", BID, [
    "(b) => b.price > 100",
    "(b) => b.isOpen && b.count % 123 === 0",
    "({ channel, url }) => channel === 'a' || url.includes('q=1')",
  ]),
];

/** Some records are JavaScript's: bigints, digits beyond 2^53, letters beyond ASCII, elements that are not there. */
export const SOMETIMES_GIVEN_UP: readonly FunctionCase[] = [
  ...cases("map", STRING, [
    "(s) => parseInt(s, 10)",
    "(s) => parseInt(s)",
    "(s) => s.toLowerCase()",
    "(s) => s.toUpperCase().trim()",
    "(s) => s[0]",
    "(s) => RATES[s] ?? 0",
    "(s) => RATES[s.slice(0, 1)]",
    '(s) => s.split(",")[1]',
    "(s) => s.at(-1)",
    "(s) => s.codePointAt(0)",
    "(s) => s.replace(s, s)",
    "(s) => s.split(s.slice(0, 1)).join(s)",
    '(s) => firstOf(WORD, s) + s.replace(SPACES, "-")',
  ]),
  ...cases("keySelector", LONG, ["(n) => n % 10"]),
  ...cases("keySelector", WORD_COUNT, ["([word, n]) => n * 1.5"], LONG),
  ...cases("keySelector", BID, [
    "(b) => b.price * 2",
    "(b) => [b.channel.toLowerCase(), b.price]",
    "(b) => [b.price]",
    "(b) => [b.auction, b.auction + 1]",
  ]),
  ...cases("map", LONG, ["(n) => n", "(n) => n + 1", "(n) => n % 10", "(n) => `${n}`"]),
  ...cases("filter", LONG, ["(n) => n % 2 === 0", "(n) => n > 1000"]),
  ...cases("filter", LONG, [
    "(n) => n % 7 === -3 || n % -5 !== 0",
    "(n) => !(-7 < n % 10) && 5e9 >= n",
    "(n) => n % 0 === 0 || n % 1.5 > 1 || n === 0.5",
    "(n) => n % 9007199254740991 < -9e15 || n % 4294967297 % 3 === -0",
  ]),
  ...cases("map", NUMBER, ["(x) => x * 2", "(x) => x"], INT),
  ...cases("map", NUMBER, ["(x) => x - 1", "(x) => Math.trunc(x)"], LONG),
  ...cases("map", BID, [
    "(b) => b.auction % 7",
    "(b) => ({ key: b.channel.toLowerCase(), n: b.auction })",
  ]),
];

function cases(
  role: FuzzRole,
  inputType: DataType,
  sources: readonly string[],
  declaredOutput?: DataType,
): readonly FunctionCase[] {
  return sources.map((source) => {
    const code = { role, inputType, source };
    return declaredOutput === undefined ? code : { ...code, declaredOutput };
  });
}
