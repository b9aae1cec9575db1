import assert from "node:assert/strict";
import { test } from "node:test";
import ts from "typescript";
import { readSources, type SourceFile, walk } from "./sources.ts";

const SOURCE_LINES_MAX = 500;
const TEST_LINES_MAX = 800;

/** Files that own time and chance; everything else is handed a clock, timers or a generator. */
const TIME_AND_CHANCE = /\/(clock|timers|prng)\.ts$/;
const TIME_AND_CHANCE_MEMBERS = new Set(["Date.now", "performance.now", "Math.random"]);
const TIME_AND_CHANCE_GLOBALS = new Set(["setTimeout", "setInterval"]);

const engine = readSources(["control", "dataplane"]);
const everything = readSources(["control", "dataplane", "bench", "examples", "scripts", "test"]);

function findTimeAndChance(file: SourceFile): string[] {
  const found: string[] = [];
  for (const { node, line } of walk(file)) {
    const use = useOfTimeOrChance(node);
    if (use !== null) found.push(`${file.path}:${line}: ${use}`);
  }
  return found;
}

function useOfTimeOrChance(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node)) {
    const text = `${node.expression.getText().replace(/^globalThis\./, "")}.${node.name.text}`;
    return TIME_AND_CHANCE_MEMBERS.has(text) ? text : null;
  }
  if (ts.isNewExpression(node) && node.expression.getText() === "Date") {
    return (node.arguments ?? []).length === 0 ? "new Date()" : null;
  }
  const isUsed = ts.isIdentifier(node) && !isDeclared(node);
  return isUsed && TIME_AND_CHANCE_GLOBALS.has(node.text) ? node.text : null;
}

/** The identifier names a member or a declaration, it does not read the global. */
function isDeclared(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.name === node && parent.expression.getText() !== "globalThis";
  }
  const isNamed =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent);
  return isNamed && parent.name === node;
}

function findDefaultExports(file: SourceFile): string[] {
  const found: string[] = [];
  for (const { node, line } of walk(file)) {
    const isDefault =
      (ts.isExportAssignment(node) && !node.isExportEquals) ||
      node.kind === ts.SyntaxKind.DefaultKeyword;
    if (isDefault && !isCaseClause(node)) found.push(`${file.path}:${line}`);
  }
  return [...new Set(found)];
}

function isCaseClause(node: ts.Node): boolean {
  return node.parent !== undefined && ts.isDefaultClause(node.parent);
}

function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

test("only clock, timers and prng files of the engine read time, set timers or draw random numbers", () => {
  const files = engine.filter(({ path }) => !TIME_AND_CHANCE.test(path));
  assert.deepEqual(files.flatMap(findTimeAndChance), []);
});

test("a use of the clock is found, a member of the same name is not", () => {
  const file = (text: string): SourceFile => ({ path: "a.ts", text });
  const uses = (text: string) =>
    findTimeAndChance(file(text)).map((use) => use.replace(/^.*: /, ""));
  assert.deepEqual(uses("const t = Date.now() + performance.now();").sort(), [
    "Date.now",
    "performance.now",
  ]);
  assert.deepEqual(uses("setTimeout(() => Math.random(), 1);").sort(), [
    "Math.random",
    "setTimeout",
  ]);
  assert.deepEqual(uses("globalThis.setTimeout(run); const now = new Date();").sort(), [
    "new Date()",
    "setTimeout",
  ]);
  assert.deepEqual(uses("timers.setTimeout(run, 1); clock.now(); new Date(0);"), []);
});

test("no source file is longer than it may be", () => {
  const tooLong = everything
    .map(({ path, text }) => ({ path, lines: lineCount(text) }))
    .filter(
      ({ path, lines }) => lines > (path.startsWith("test/") ? TEST_LINES_MAX : SOURCE_LINES_MAX),
    )
    .map(({ path, lines }) => `${path}: ${lines} lines`);
  assert.deepEqual(tooLong, []);
});

test("nothing but job programs has a default export", () => {
  const isProgram = (path: string) =>
    path.startsWith("examples/") || path.includes("/fixtures/") || path.endsWith("-job.ts");
  const files = everything.filter(({ path }) => !isProgram(path) && !path.endsWith(".d.ts"));
  assert.deepEqual(files.flatMap(findDefaultExports), []);
});

test("a default export is found, a default clause is not", () => {
  const count = (text: string) => findDefaultExports({ path: "a.ts", text }).length;
  assert.equal(count("export default 1;"), 1);
  assert.equal(count("export default function run() {}"), 1);
  assert.equal(count("switch (a) { default: break; }"), 0);
});
