/** What is not compiled, and the reasons that users read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Analysis, analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { Role } from "../../../../../control/compiler/front/roles.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";

const ROW: DataType = {
  kind: "ROW",
  fields: [
    { name: "user", type: { kind: "STRING" } },
    { name: "n", type: { kind: "NUMBER" } },
    { name: "time", type: { kind: "LONG" } },
    { name: "ok", type: { kind: "BOOLEAN" } },
    { name: "bytes", type: { kind: "BYTES" } },
    { name: "tags", type: { kind: "LIST", element: { kind: "STRING" } } },
  ],
};

function refusal(
  fn: unknown,
  role: Role = "map",
  inputType: DataType = ROW,
): Analysis & { ok: false } {
  const analysis = analyze({ fn, role, inputType, declaredOutput: null });
  assert.ok(!analysis.ok, "is compiled");
  return analysis;
}

/** [source, reason, expression] */
const MAPS: readonly (readonly [string, string, string])[] = [
  ["r => fetch(r.user)", "calls fetch(), which is not compiled", "fetch(r.user)"],
  ["r => r.n > threshold", "captures `threshold`, which cannot be resolved", "threshold"],
  ["r => helper(r.user)", "captures `helper`, which cannot be resolved", "helper"],
  ["r => Math.random()", "calls Math.random(), which is not compiled", "Math.random()"],
  ["r => Math.TAU", "uses Math.TAU, which is not compiled", "Math.TAU"],
  ["r => Date.now()", "uses Date, which is not compiled", "Date"],
  ["r => new Date(r.n)", "uses new, which is not compiled", "new Date(r.n)"],
  ["r => JSON.stringify(r)", "calls JSON.stringify(), which is not compiled", "JSON.stringify(r)"],
  ["r => r.user.match(/a/)", "emits a match, which is not compiled", "r.user.match(/a/)"],
  [
    "r => JSON.parse(r.user).a === null ? 1 : 2",
    "compares a value of JSON.parse() with null, which is not compiled",
    "JSON.parse(r.user).a === null",
  ],
  ["r => /a/", "emits a regular expression, which is not compiled", "/a/"],
  [
    "r => r.user.normalize()",
    "calls normalize() of a STRING, which is not compiled",
    "r.user.normalize()",
  ],
  [
    "r => r.n.toPrecision(3)",
    "calls toPrecision() of a NUMBER, which is not compiled",
    "r.n.toPrecision(3)",
  ],
  [
    "r => r.n.toString(2)",
    "calls toString() with a radix, which is not compiled",
    "r.n.toString(2)",
  ],
  ["function (r) { return this.x; }", "uses `this`, which is not compiled", "this"],
  ["function (r) { return arguments[0]; }", "uses `arguments`, which is not compiled", "arguments"],
  ["r => typeof r.n", "uses typeof, which is not compiled", "typeof r.n"],
  ["r => 'n' in r", "uses an object as a value, which is not compiled", "r"],
  ["r => 1n", "uses a bigint, which is not compiled", "1n"],
  ["r => r.bytes.length", "reads a column of type BYTES, which is not compiled", "r.bytes.length"],
  ["r => r.tags[0]", "reads a column of type LIST of STRING, which is not compiled", "r.tags[0]"],
  ["r => r.missing", "takes field `missing`, which is not known", "r.missing"],
  ["r => r.user === r.n", "compares STRING with NUMBER, which is not compiled", "r.user === r.n"],
  ["r => r.user + null", "uses null as a value, which is not compiled", "null"],
  ["r => r.user ?? undefined.x", "uses undefined as a value, which is not compiled", "undefined.x"],
  ["r => r.ok ? r.user : r.n", "emits STRING or NUMBER", "r.n"],
  [
    "r => [r.ok ? r.user : r.n]",
    "is STRING or NUMBER, which is not compiled",
    "r.ok ? r.user : r.n",
  ],
  ["r => r.ok ? [r.user, 1] : [r.user, 'x']", "emits NUMBER or STRING at [1]", "[r.user, 'x']"],
  ["r => r.ok ? [1, 2] : [1]", "emits arrays of 2 or 1 elements", "[1]"],
  ["r => r.ok ? { a: 1 } : { b: 1 }", "emits objects whose fields differ", "{ b: 1 }"],
  [
    "r => { if (r.ok) return 1; }",
    "does not return a value on every path",
    "r => { if (r.ok) return 1; }",
  ],
  ["r => { r.n > 1; }", "does not return a value on every path", "r => { r.n > 1; }"],
  [
    "r => r.user.split(',')",
    "emits a list, whose type .returns() has to declare",
    "r.user.split(',')",
  ],
  [
    "r => [1, r.user.split(',')]",
    "emits a list at [1], whose type .returns() has to declare",
    "[1, r.user.split(',')]",
  ],
  [
    "r => r.user.split(',').map(w => w + 1)",
    "emits a list built on the way, which is not compiled",
    "r.user.split(',').map(w => w + 1)",
  ],
  [
    "r => r.user.split(',').sort()",
    "calls sort() of a list, which is not compiled",
    "r.user.split(',').sort()",
  ],
  [
    "r => r.user.split(',').map(parseInt).length",
    "passes parseInt to a method of lists, which gives it an index as well",
    "parseInt",
  ],
  [
    "r => r.user.split(',').reduce((a, b) => a + b)",
    "calls reduce() without an initial value",
    "r.user.split(',').reduce((a, b) => a + b)",
  ],
  [
    "r => { r.n = 1; return r; }",
    "changes a field or several variables at once, which is not compiled",
    "r.n = 1",
  ],
  [
    "r => { const n = 1; n = 2; return n; }",
    "assigns to `n`, which is not a variable of the function",
    "n = 2",
  ],
  [
    "r => { let n = 1; n = 'x'; return n; }",
    "assigns STRING to `n`, which holds NUMBER",
    "n = 'x'",
  ],
  ["r => { let n; if (r.ok) n = 1; return n; }", "reads `n`, which may not have a value yet", "n"],
  [
    "r => { let n; for (const w of r.user.split(' ')) n = w; return n; }",
    "reads `n`, which may not have a value yet",
    "n",
  ],
  ["r => { const a = n; let n = 1; return a; }", "captures `n`, which cannot be resolved", "n"],
  ["r => { { const a = r; const r = 1; return a; } }", "uses `r` before its declaration", "r"],
  ["function f(r) { return f(r); }", "uses itself, which is not compiled", "f"],
  ["r => { var n = 1; return n; }", "uses var; only let and const are compiled", "var n = 1;"],
  ["r => { let n = 1; return n++; }", "assigns within an expression, which is not compiled", "n++"],
  [
    "r => { let n = 0; return r.user.split(',').map(w => { n += 1; return w; }).length; }",
    "assigns to `n` from a function called for its value",
    "n += 1",
  ],
  [
    "r => { try { return 1; } catch { return 2; } }",
    "uses try, which is not compiled",
    "try { return 1; } catch { return 2; }",
  ],
  ["r => { throw r.user; }", "uses throw, which is not compiled", "throw r.user;"],
  [
    "r => { const f = n => n < 1 ? 0 : f(n - 1); return f(r.n); }",
    "calls a function recursively",
    "f(n - 1)",
  ],
  [
    "r => { for (const k in r) return k; }",
    "uses for…in, which is not compiled",
    "for (const k in r) return k;",
  ],
  ["async r => r", "is async", "async r => r"],
  ["function* (r) { yield r.n; }", "is a generator function", "function* (r) { yield r.n; }"],
  ["(r, index) => index", "uses parameter `index`, which is not given", "index"],
  ["(...rows) => rows", "has rest parameters", "...rows"],
  ["r => [r.n, , 1]", "has a hole in an array", "[r.n, , 1]"],
  [
    "r => ({ get a() { return 1; } })",
    "has a getter or setter in an object",
    "get a() { return 1; }",
  ],
  ["r => ({ __proto__: 1 })", "has a property __proto__", "__proto__"],
  ["r => []", "emits an empty array or object", "[]"],
  ["r => x => x", "emits a function, which is not compiled", "x => x"],
  ["r => r.user[r.user]", "takes an element by a name", "r.user"],
  [
    "r => r.user.indexOf(1)",
    "calls indexOf() with NUMBER where STRING is compiled",
    "r.user.indexOf(1)",
  ],
  [
    "r => r.user.split(',', 2)",
    "calls split() with 2 arguments, which is not compiled",
    "r.user.split(',', 2)",
  ],
  [
    "r => Math.hypot(1, 2, 3)",
    "calls Math.hypot() with 3 arguments; 2 are compiled",
    "Math.hypot(1, 2, 3)",
  ],
  ["r => (r.n, 1)", "uses the comma operator, which is not compiled", "r.n, 1"],
  ["r => String.raw`x`", "uses a tagged template, which is not compiled", "String.raw`x`"],
  ["r => import('x')", "uses import(), which is not compiled", "import('x')"],
  ["r => r instanceof Object", "uses Object, which is not compiled", "Object"],
  ["r => console.log(r)", "uses console, which is not compiled", "console"],
  [
    "(r) => { label: for (;;) break label; return 1; }",
    "uses a label, which is not compiled",
    "label: for (;;) break label;",
  ],
  [
    "r => { switch (r.n) { case 1: r.n; case 2: return 1; default: return 2; } }",
    "has a case that falls through into the next",
    "case 1: r.n;",
  ],
];

test("reasons name what is not compiled", () => {
  const failures = MAPS.flatMap(([source, reason, expression]) => {
    const actual = analyze({
      fn: functionOf(source),
      role: "map",
      inputType: ROW,
      declaredOutput: null,
    });
    const shown = actual.ok ? "compiled" : `${actual.reason} | ${actual.expression}`;
    return shown === `${reason} | ${expression}`
      ? []
      : [`${source}\n  ${shown}\n  ${reason} | ${expression}`];
  });
  assert.equal(failures.length, 0, failures.join("\n"));
});

/** Source that type checkers and formatters do not see; parsed, but never called. */
function functionOf(source: string): unknown {
  return new Function(`return (${source});`)();
}

test("the place of a reason is a line and column of the function's text", () => {
  const fn = functionOf("(r) => {\n  const a = r.n;\n  return a + unknown;\n}");
  const { line, column, expression } = refusal(fn);
  assert.deepEqual([line, column, expression], [3, 14, "unknown"]);
  const object = functionOf("{ map(r) {\n return nothing; } }") as object;
  const method = refusal(object);
  assert.deepEqual([method.line, method.column, method.expression], [2, 9, "nothing"]);
  assert.equal(refusal(functionOf(`r => nope + ${"'a' + ".repeat(30)} 1`)).expression, "nope");
});

test("long expressions are cut", () => {
  const { expression } = refusal(functionOf(`r => fetch(${"r.user + ".repeat(30)} 1)`));
  assert.equal(expression?.length, 60);
});

test("functions without a source of their own are refused", () => {
  const native = "is a native or bound function, whose source is not known";
  assert.equal(refusal(String).reason, native);
  assert.equal(refusal(((r: unknown) => r).bind(null)).reason, native);
  assert.equal(refusal(new Proxy((r: unknown) => r, {})).reason, native);
  assert.equal(refusal({}).reason, "is not a function, and has no map()");
  assert.equal(refusal(null).reason, "is not a function, and has no map()");
  assert.equal(refusal(class {}).reason, "is not a function");
  assert.equal(refusal(functionOf("{ async map(r) { return r; } }")).reason, "is async");
});

test("nothing of the user's is called", () => {
  const trap = (): never => assert.fail("called");
  refusal(Object.defineProperty({}, "map", { get: trap }));
  const fn = Object.assign((_: unknown): never => trap(), { toString: trap });
  assert.ok(
    analyze({ fn: () => trap(), role: "map", inputType: ROW, declaredOutput: null }).ok === false,
  );
  refusal(fn);
});

test("filters have to give booleans", () => {
  const row = (source: string): string => refusal(functionOf(source), "filter").reason;
  assert.equal(row("r => r.user"), "gives STRING as condition; a filter has to give a BOOLEAN");
  assert.equal(row("r => r.user && r.ok"), "is BOOLEAN or STRING, which is not compiled");
  assert.equal(row("r => { if (r.ok) return true; }"), "does not return a boolean on every path");
});

test("flat maps have to give lists", () => {
  const reason = (source: string): string => refusal(functionOf(source), "flatMap").reason;
  assert.equal(reason("r => r.user"), "iterates over STRING, which is not compiled");
  assert.equal(reason("r => r"), "iterates over an object, which is not compiled");
  assert.equal(
    reason("r => r.tags"),
    "reads a column of type LIST of STRING, which is not compiled",
  );
  assert.equal(reason("r => [1, 'a']"), "emits NUMBER or STRING");
  assert.equal(
    reason("(r, out) => { const x = out.collect(r.n); }"),
    "uses the value of collect(), which is not compiled",
  );
  assert.equal(
    reason("(r, out) => r.user.split(' ').map(w => { out.collect(w); return w; })"),
    "emits from a function called for its value, which is not compiled",
  );
  assert.equal(reason("function* (r) { yield; }"), "yields nothing");
  assert.equal(
    reason("function* (r) { yield 1; return 2; }"),
    "returns a value from a generator function",
  );
});

test("keys are scalars or arrays of scalars, timestamps numbers", () => {
  const reason = (source: string, role: Role): string => refusal(functionOf(source), role).reason;
  assert.match(reason("r => ({ a: r.user })", "keySelector"), /^gives an object as key/);
  assert.match(reason("r => [[r.user]]", "keySelector"), /^gives an array as key/);
  assert.match(reason("r => r.user", "timestamp"), /^gives STRING as timestamp/);
});

test("filters pass on columns that nothing reads", () => {
  const analysis = analyze({
    fn: (r: { ok: boolean }) => r.ok,
    role: "filter",
    inputType: ROW,
    declaredOutput: null,
  });
  assert.ok(analysis.ok);
  assert.deepEqual(analysis.program.outputType, ROW);
  assert.equal(refusal(functionOf("r => r.bytes === r.bytes"), "filter").expression, "r.bytes");
});

test("functions that are too long, nested too deeply or of too many operations are refused", () => {
  const source = (body: string) => refusal(functionOf(body)).reason;
  assert.equal(source(`r => "${"x".repeat(70_000)}"`), "is longer than 64 KiB");
  assert.equal(source(`r => ${"(1 + ".repeat(300)}1${")".repeat(300)}`), "is nested too deeply");
  const many = `r => { let n = r.n; ${"n += r.n * r.n + r.n; ".repeat(900)} return n; }`;
  assert.equal(source(many), "has more than 5,000 operations when compiled");
  const branches = `r => { let n = 1; ${"if (r.ok) { if (r.n > n) return n; n += 1; } ".repeat(20)} return n; }`;
  assert.equal(source(branches), "has more than 5,000 operations when compiled");
});

test("garbage is answered, not thrown", () => {
  for (const fn of [undefined, 1, "x", [], { map: 1 }, Object.create(null)]) {
    assert.equal(analyze({ fn, role: "map", inputType: ROW, declaredOutput: null }).ok, false);
  }
});
