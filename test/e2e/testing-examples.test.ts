/** The examples of docs/testing.md, each run as it stands, by the package's own name. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { projectRoot } from "../project-root.ts";

const page = readFileSync(join(projectRoot, "docs/testing.md"), "utf8");
const examples = [...page.matchAll(/^## (.+)$|^```ts\n([\s\S]*?)^```$/gm)];
// Inside the package, so that its name leads to it.
const folder = mkdtempSync(join(projectRoot, "dist/examples-"));
after(() => rmSync(folder, { recursive: true }));

let title = "";
let count = 0;
for (const [, heading, code] of examples) {
  if (heading !== undefined) title = heading;
  if (code === undefined) continue;
  count += 1;
  const path = join(folder, `example-${count}.mjs`);
  test(`the example of "${title}" runs`, async () => {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    writeFileSync(path, ts.transpileModule(code, { compilerOptions }).outputText);
    await import(pathToFileURL(path).href);
  });
}

test("there are examples", () => {
  assert.equal(count, 5);
});
