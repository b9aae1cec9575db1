/** What functions capture: compiled in where it cannot change, in bundles and in plain modules. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { GAVE_UP } from "../front/evaluate-ir.ts";
import { comparedResults, type Files, type LoadedProgram, loadProgram } from "./programs.ts";

const loaded: LoadedProgram[] = [];
after(() => Promise.all(loaded.map((program) => program.dispose())));

async function load(files: Files, loading: "bundled" | "unbundled"): Promise<LoadedProgram> {
  const program = await loadProgram(files, loading);
  loaded.push(program);
  return program;
}

const LIBRARY = `
  export const HOUR = 60 * 60 * 1000;
  export const RATES = { EUR: 1.1, USD: 1 };
  export const LEVELS = Object.freeze({ low: { from: 0, tags: ["l"] }, high: { from: 2, tags: ["h"] } });
  const SUFFIX = "!";
  export function shout(text) { return text.toUpperCase() + SUFFIX; }
  export default function scale(n) { return n * HOUR; }
  export let counter = 0;
  export function count() { counter += 1; }
  export const touched = { a: 1 };
`;

const COMPILED: Files = {
  "job.mjs": `
    import { defineJob } from "millrace";
    import scaled, { HOUR, LEVELS, RATES, shout } from "./lib.mjs";
    const FACTOR = 3, NAME = \`f\${FACTOR}\`, SIZES = [10, 20, 30];
    const NEGATIVE = -0;
    const STOP = new Set(["a", "b"]);
    const CODES = new Map([[0, "zero"], [1, "one"]]);
    const BY_LENGTH = new Map(Object.entries(RATES).map(([key, value]) => [key.length, value]));
    const WORDS = "a b c".split(" ");
    const { EUR, USD = 5 } = RATES;
    let never = 7;
    const util = { twice: (n) => n * 2, half(n) { return n / 2; } };
    const clamp = (n) => Math.max(0, Math.min(n, FACTOR));
    const limit = clamp(parseInt("12", 10) / 2);
    var late = 4;
    const Color = ((Color) => { Color[Color["Red"] = 0] = "Red"; Color.Blue = "blue"; return Color; })({});
    const PAIR = /(\\w+) (\\w+)?/i, SPACES = /\\s+/g, PATTERNS = [/^E/, /b$/], SHAPES = { word: /^[a-z]+$/i };
    const firstOf = (pattern, text) => pattern.exec(text)?.[1] ?? "none";
    const isKnown = (text) => PATTERNS.some((pattern) => pattern.test(text)) || SHAPES.word.test(text);
    if (!PAIR.test("a b") || "a b".replace(SPACES, "").length !== 2) throw new Error(PAIR.source);
    export const regexps = (r) => [firstOf(PAIR, r.s), r.s.replace(SPACES, "-"), r.s.search(PAIR), isKnown(r.s)];
    const BOUNDS = { low: [0, 5], high: [9, 10] };
    const isWithin = (n, [least, most]) => n >= least && n <= most;
    function rateOf(table, key, missing = 0) { return table[key] ?? missing; }
    export const passed = (r) => [isWithin(r.n, BOUNDS.low), rateOf(RATES, r.s), rateOf(RATES, "EUR", 3)];
    const [started = Date.now(), steps = 2] = [];
    const twice = steps * 2;
    export const defaults = (r) => r.n * steps + twice;
    export const constants = (r) => [r.n * FACTOR, NAME, HOUR, NEGATIVE, late, never, limit];
    export const arrays = (r) => [SIZES[1], SIZES[r.n] ?? -1, SIZES.includes(r.n), WORDS.join(r.s)];
    export const records = (r) => [RATES[r.s] ?? 0, RATES.EUR, EUR, USD, { ...RATES, x: r.n }];
    export const nested = (r) => (LEVELS[r.s] ?? LEVELS.low).tags[0] + LEVELS.high.from;
    const isStop = (word) => STOP.has(word) || WORDS.includes(word);
    export const sets = (r) => [isStop(r.s), STOP.has(r.s), CODES.get(r.n) ?? "", BY_LENGTH.get(r.n) ?? 0, STOP.size];
    export const helpers = (r) => [shout(r.s), scaled(r.n), clamp(r.n), util.twice(util.half(r.n))];
    export const enums = (r) => [Color.Red, Color[0], Color.Blue, r.n === Color.Red];
    function within(r) { return r.n + FACTOR; }
    export { within };
    export const method = { map(r) { return r.n + FACTOR; } };
    export const fromLoop = [];
    for (const step of [1, 2, 3]) fromLoop.push((r) => r.n * step);
    export const [first, second] = fromLoop;
    export const job = defineJob((env, [name, most = "10"]) => {
      const bound = Number(most) * 2;
      return { byArguments: (r) => [name, bound, r.n < bound] };
    });
    export const { byArguments } = job.define(null, Object.freeze(["x"]));
    export const shadowed = ((Math) => { const NaN = 5; return (r) => NaN + r.n; })();
  `,
  "lib.mjs": LIBRARY,
};

for (const loading of ["bundled", "unbundled"] as const) {
  test(`constants, tables and helpers are compiled in: ${loading}`, async () => {
    const program = await load(COMPILED, loading);
    const names = Object.keys(program.functions).filter((name) => !/^(job|fromLoop)$/.test(name));
    assert.ok(names.length > 12);
    for (const name of names) {
      const analysis = program.analyze(name);
      assert.ok(analysis.ok, `${name}: ${analysis.ok ? "" : analysis.reason}`);
      const given = program.functions[name] as ((r: unknown) => unknown) & { map?: never };
      const fn =
        typeof given === "function" ? given : (given as { map: (r: unknown) => unknown }).map;
      const results = comparedResults(fn, analysis.program);
      const computed = results.filter(({ compiled }) => compiled !== GAVE_UP);
      assert.ok(computed.length > results.length / 2, `${name} gives up`);
      for (const { compiled, own } of computed) assert.deepEqual(compiled, own, name);
    }
  });
}

const REFUSED: Files = {
  "job.mjs": `
import { parse } from "node:path";
import { count, counter, touched } from "./lib.mjs";
const NOW = Date.now();
const chance = Math.random() < 2 ? 1 : 0;
const home = process.env.HOME ?? "";
const derived = NOW * 2;
const viaHelper = stamp();
function stamp() { return NOW + 1; }
let total = 0;
total += 1;
const table = { a: 1 };
table.b = 2;
const passed = { a: 1 };
JSON.parse("[]", () => passed);
const aliased = { list: [1, 2] };
const { list } = aliased;
list.push(3);
const pushed = [1, 2];
pushed.push(3);
const filled = new Map([[1, 2]]);
filled.set(2, 3);
const wait = await 5;
count();
touched.b = 2;
export const clock = (r) => r.n + NOW;
export const random = (r) => r.n + chance;
export const environment = (r) => r.s + home;
export const ofClock = (r) => r.n + derived;
export const ofHelper = (r) => r.n + viaHelper;
export const assigned = (r) => r.n + total;
export const written = (r) => r.n + table.a;
export const escaped = (r) => r.n + passed.a;
export const alias = (r) => r.n + aliased.list[0];
export const grown = (r) => r.n + pushed[0];
export const set = (r) => filled.get(r.n) ?? 0;
export const awaited = (r) => r.n + wait;
export const imported = (r) => r.n + counter;
export const foreign = (r) => parse(r.s).name;
export const elsewhere = (r) => r.n + touched.a;
const above = (least) => (r) => r.n + least;
export const parameter = above(3);
const given = process.argv[2] ?? "x";
export const argv = (r) => r.s + given;
export function swap() { late = 2; }
var late = 1;
export const reassigned = (r) => r.n + late;
const steps = [];
for (var step = 1; step < 3; step++) steps.push((r) => r.n + step);
export const [looped] = steps;
for (const each of [1, 2]) { var kept = each; }
export const inLoop = (r) => r.n + kept;
const self = { n: 1, grow() { this.n += 1; return this.n; } };
self.grow();
export const methods = (r) => r.n + self.n;
const hidden = (() => { const o = { n: 1, grow: () => (o.n += 1) }; return o; })();
hidden.grow();
export const closed = (r) => r.n + hidden.n;
const given1 = { a: 1 };
function change(table) { table.a = 2; }
change(given1);
export const byHelper = (r) => r.n + given1.a;
const given2 = [1];
const keep = (list) => list;
keep(given2).push(2);
export const throughHelper = (r) => r.n + given2[0];
const given3 = [1];
function hidden3(list) { arguments[0].push(2); return list.length; }
hidden3(given3);
export const byArguments = (r) => r.n + given3[0];
const given4 = [1];
let replacedHelper = (list) => list.length;
replacedHelper = (list) => list.push(2);
replacedHelper(given4);
export const byReplaced = (r) => r.n + given4[0];
const [, early = Date.now()] = [];
export const ofDefault = (r) => r.n + early;
const given5 = [1];
const spoil = (item, index, list) => list.push(item);
given5.map(spoil);
export const byCallback = (r) => r.n + given5[0];
const GLOBAL = /a/g;
GLOBAL.test("aa");
export const counting = (r) => r.s.replace(GLOBAL, "b");
const escaping = [/a/g];
JSON.parse("[]", () => escaping);
export const passedOn = (r) => r.s.replace(escaping[0], "b");
const replaced = /a/;
replaced.exec = () => null;
export const otherSearch = (r) => replaced.test(r.s);
`,
  "lib.mjs": LIBRARY,
};

const REASONS: Readonly<Record<string, RegExp>> = {
  clock:
    /^captures `NOW`, which is computed with `Date` at .*job\.mjs:4:13, which may differ between runs in `NOW` \(.*job\.mjs:\d+:\d+\)$/,
  random: /`chance`, which is computed with `Math.random` at/,
  environment: /`home`, which is computed with `process.env` at/,
  ofClock: /`derived`, which is computed with `NOW`, which is computed with `Date` at/,
  ofHelper: /`viaHelper`, which is computed with `stamp`, which is computed with `NOW`, which/,
  assigned: /`total`, which is assigned to at .*job\.mjs:11:1 in/,
  written: /`table`, which may be changed at .*job\.mjs:13:1 in/,
  escaped: /`passed`, which may be changed at/,
  alias: /`aliased`, which may be changed at .*job\.mjs:17:18 in/,
  grown: /`pushed`, which may be changed at .*job\.mjs:20:1 in/,
  set: /`filled`, which may be changed at .*job\.mjs:22:1 in/,
  awaited: /`wait`, which is computed with await at/,
  imported: /`counter`, which is assigned to at .*lib\.mjs:\d+:\d+ in/,
  foreign: /`parse`, which comes from `node:path`, outside the program/,
  elsewhere: /`touched`, which may be changed at .*job\.mjs:25:1 in/,
  argv: /`given`, which is computed with `process.argv` at/,
  parameter: /`least`, which is a parameter, at/,
  reassigned: /`late`, which is assigned to at/,
  looped: /`step`, which is assigned to at/,
  inLoop: /`kept`, which is (set in a loop|assigned to) at/,
  methods: /`self`, which may be changed at/,
  closed: /`hidden`, which holds functions, at/,
  byHelper: /`given1`, which may be changed at/,
  throughHelper: /`given2`, which may be changed at/,
  byArguments: /`given3`, which may be changed at/,
  byReplaced: /`given4`, which may be changed at/,
  ofDefault: /`early`, which is computed with `Date` at/,
  byCallback: /`given5`, which may be changed at/,
  counting: /`GLOBAL`, which may be changed at/,
  passedOn: /`escaping`, which may be changed at/,
  otherSearch: /`replaced`, which holds functions, at/,
};

for (const loading of ["bundled", "unbundled"] as const) {
  test(`what may change is left to JavaScript, and the reason says where: ${loading}`, async () => {
    const program = await load(REFUSED, loading);
    for (const [name, reason] of Object.entries(REASONS)) {
      const analysis = program.analyze(name);
      assert.ok(!analysis.ok, `${name} is compiled`);
      assert.match(analysis.reason, reason, name);
    }
  });
}

test("a program that compiles regular expressions anew keeps those it captures", async () => {
  const text = (use: string) => `const WORD = /a/; ${use}
    export const search = (r) => WORD.test(r.s);
    export const other = (r) => r.n + 1;`;
  const program = await load(
    { "job.mjs": text('[WORD].map((word) => word.compile("b"));') },
    "unbundled",
  );
  const analysis = program.analyze("search");
  assert.ok(!analysis.ok);
  assert.match(
    analysis.reason,
    /`WORD`, which may be changed by compile\(\) at \S*job\.mjs:1:\d+ in/,
  );
  assert.ok(program.analyze("other").ok);
  const untouched = await load({ "job.mjs": text("") }, "unbundled");
  assert.ok(untouched.analyze("search").ok);
});

const TYPESCRIPT: Files = {
  "job.ts": `
    enum Level { Low, High = 5 }
    enum Unit { Kilo = "k", Mega = "M" }
    const factors: Record<Unit, number> = { [Unit.Kilo]: 1e3, [Unit.Mega]: 1e6 };
    const given: readonly string[] = process.argv.slice(2);
    const least = Number(given[0] ?? "2");
    export const enums = (r: { n: number }) => [Level.High, Level[r.n] ?? "none", Unit.Kilo];
    export const computed = (r: { s: string; n: number }) => factors[r.s as Unit] ?? least;
    export const wrong = (r: { s: string }) =>
      r.s.normalize();
  `,
};

test("TypeScript is compiled as it was bundled, and places are those of the file", async () => {
  const before = process.argv;
  const program = await load(TYPESCRIPT, "bundled");
  process.argv = [process.execPath, program.entry];
  try {
    for (const name of ["enums", "computed"]) {
      const analysis = program.analyze(name);
      assert.ok(analysis.ok, analysis.ok ? "" : analysis.reason);
      for (const { compiled, own } of comparedResults(
        program.functions[name] ?? String,
        analysis.program,
      )) {
        if (compiled !== GAVE_UP) assert.deepEqual(compiled, own);
      }
    }
    const wrong = program.analyze("wrong");
    assert.ok(!wrong.ok);
    assert.match(wrong.reason, /\(\S*job\.ts:10:7\)$/);
  } finally {
    process.argv = before;
  }
});
