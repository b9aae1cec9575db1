/** docs/flink.md: its TypeScript compiles, and whatever the API has is on it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { DEPARTURES } from "../conformance/departures.ts";
import { projectRoot } from "../project-root.ts";
import { compilePage, snippetsOf } from "./page-snippets.ts";

const page = compilePage("docs/flink.md");
const { checker } = page;

/** Every name of code on the page, "Class.member" of every member that is used, and its class. */
const named = new Set<string>();
for (const file of page.files) {
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isIdentifier(node)) {
      named.add(node.text);
      const [declaration] = checker.getSymbolAtLocation(node)?.declarations ?? [];
      const member = declaration === undefined ? null : memberName(declaration);
      if (member !== null) named.add(member).add(member.replace(/\..*$/, ""));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

function memberName(declaration: ts.Declaration): string | null {
  const { parent } = declaration;
  const isMember = ts.isClassDeclaration(parent) || ts.isInterfaceDeclaration(parent);
  const name = ts.getNameOfDeclaration(declaration);
  if (!isMember || name === undefined || !ts.isIdentifier(name)) return null;
  return `${parent.name?.text}.${name.text}`;
}

/** Classes of the API that programs call; those they extend are in dataplane/functions, or extend one of these. */
function apiClasses(): ts.ClassDeclaration[] {
  return page.exports
    .map((symbol) => resolved(symbol).declarations?.[0])
    .filter((declaration) => declaration !== undefined && ts.isClassDeclaration(declaration))
    .filter((declaration) => declaration.getSourceFile().fileName.includes("/control/api/"))
    .filter(({ name }) => !/Function$/.test(name?.text ?? ""));
}

function resolved(symbol: ts.Symbol): ts.Symbol {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

/** Methods that users can call, static ones and inherited ones too; abstract ones are for them to write. */
function publicMethods(declaration: ts.ClassDeclaration): string[] {
  const symbol = declaration.name && checker.getSymbolAtLocation(declaration.name);
  if (symbol === undefined) return [];
  const instance = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
  const statics = checker.getPropertiesOfType(checker.getTypeOfSymbol(symbol));
  return [...instance, ...statics].flatMap(({ declarations: [method] = [] }) => {
    if (method === undefined || !ts.isMethodDeclaration(method)) return [];
    const tags = ts.getJSDocTags(method).map(({ tagName }) => tagName.text);
    const { Protected, Private, Abstract } = ts.ModifierFlags;
    const hidden = Protected | Private | Abstract;
    if (tags.includes("internal") || ts.getCombinedModifierFlags(method) & hidden) return [];
    return memberName(method) ?? [];
  });
}

test("all TypeScript of the page compiles against the public API", () => {
  assert.ok(page.files.length > 150, `${page.files.length} snippets`);
  assert.deepEqual(page.errors, []);
});

test("every public method of the API is used on the page", () => {
  const classes = apiClasses();
  const names = classes.map(({ name }) => name?.text);
  for (const name of ["DataStream", "KeyedStream", "WindowedStream", "StreamExecutionEnvironment"])
    assert.ok(names.includes(name), name);
  const methods = new Set(classes.flatMap(publicMethods));
  assert.ok(methods.has("KeyedStream.sum") && methods.has("AnyWindowedStream.sum"));
  assert.deepEqual(
    [...methods].filter((method) => !named.has(method)),
    [],
  );
});

test("every class, constant and function of the package is named on the page", () => {
  const values = page.exports.filter(
    (symbol) => (resolved(symbol).flags & ts.SymbolFlags.Value) !== 0,
  );
  assert.ok(values.length > 80);
  assert.deepEqual(
    values.map(({ name }) => name).filter((name) => !named.has(name)),
    [],
  );
});

test("snippets are blocks and cells, with their lines", () => {
  const table =
    "| Flink | Millrace | Today |\n|---|---|---|\n| `a` | `b \\| c`<br>`d`, not `e` | `f` |";
  const markdown = `x \`y\`\n${table}\n| g | as \`h\` | |\n\n| Flink | Instead |\n| i | \`j\` |\n\`\`\`ts\nk\n\`\`\`\n`;
  assert.deepEqual(
    snippetsOf(markdown).map(({ line, code }) => [line, code]),
    [...[[4, "b | c"] as const, [4, "d"] as const, [4, "e"] as const], [10, "k"]],
  );
});

test("the page of differences names every recorded result that ours departs from, and no other", () => {
  const differences = readFileSync(
    join(projectRoot, "docs/reference/differences-from-flink.md"),
    "utf8",
  );
  const listed = [...differences.matchAll(/`([a-z0-9-]+)\(([^)`]+)\)`/g)].flatMap(
    ([, name = "", args = ""]) => args.split(", ").map((arg) => `${name}(${arg})`),
  );
  const departures = DEPARTURES.map(({ name, args }) => {
    const texts = args.map((arg) => (Object.is(arg, -0) ? "-0" : String(arg)));
    return `${name}(${texts.join()})`;
  });
  assert.deepEqual(listed.sort(), departures.sort());
});

test("every program of the study note is in its table", () => {
  const folder = join(projectRoot, "examples/study-note");
  const programs = readdirSync(folder).filter((file) => file.endsWith(".ts"));
  const table = readFileSync(join(folder, "README.md"), "utf8");
  const rows = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => `${name}.ts`);
  assert.deepEqual(rows.sort(), programs.sort());
});
