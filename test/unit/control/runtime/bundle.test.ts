import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleProgram } from "../../../../control/runtime/bundle.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";

const scratch = realpathSync(mkdtempSync(join(tmpdir(), "millrace-bundle-")));
after(() => rmSync(scratch, { recursive: true }));

/** Writes files (name -> text) into a folder of their own and answers its path. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(scratch, "case-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

async function load(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const bundle = await bundleProgram(join(folder, "job.ts"));
  try {
    return (await import(bundle.url)) as Readonly<Record<string, unknown>>;
  } finally {
    await bundle.dispose();
  }
}

test("a program of several TypeScript files becomes one module", async () => {
  const folder = folderOf({
    "job.ts": 'import { twice } from "./twice.ts";\nexport const result: number = twice(21);\n',
    "twice.ts": "export function twice(value: number): number {\n  return value * 2;\n}\n",
  });
  assert.equal((await load(folder)).result, 42);
});

test("import.meta keeps naming the source file", async () => {
  const folder = folderOf({
    "job.ts": 'export { url, dirname } from "./inner/place.ts";\n',
    "inner/place.ts":
      "export const url = import.meta.url;\nexport const dirname = import.meta.dirname;\n",
  });
  const { url, dirname } = await load(folder);
  assert.equal(url, pathToFileURL(join(folder, "inner/place.ts")).href);
  assert.equal(dirname, join(folder, "inner"));
});

test("the engine stays outside: the bundle shares the classes of whoever loads it", async () => {
  const folder = folderOf({ "job.ts": 'export { EngineError } from "millrace";\n' });
  assert.equal((await load(folder)).EngineError, EngineError);
});

test("installed packages stay outside, with their state", async () => {
  const counter = "let count = 0;\nexport function next() {\n  count += 1;\n  return count;\n}\n";
  const folder = folderOf({
    "job.ts": 'import { next } from "counter";\nexport const result = next();\n',
    "node_modules/counter/package.json":
      '{ "name": "counter", "type": "module", "exports": "./index.js" }',
    "node_modules/counter/index.js": counter,
  });
  assert.equal((await load(folder)).result, 1);
  assert.equal((await load(folder)).result, 2);
});

test("a program that does not parse is refused with the place", async () => {
  const folder = folderOf({ "job.ts": "const = 1;\n" });
  await assert.rejects(bundleProgram(join(folder, "job.ts")), (error) => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, "MR_BUNDLE_FAILED");
    assert.match(error.message, /job\.ts:1:6/);
    return true;
  });
});

test("a program that imports what is not there is refused with the name", async () => {
  const folder = folderOf({ "job.ts": 'import { a } from "./absent.ts";\nexport const b = a;\n' });
  await assert.rejects(bundleProgram(join(folder, "job.ts")), (error) => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, "MR_BUNDLE_FAILED");
    assert.match(error.message, /absent\.ts/);
    return true;
  });
});

test("a bundle's files are gone after dispose()", async () => {
  const folder = folderOf({ "job.ts": "export const result = 1;\n" });
  const bundle = await bundleProgram(join(folder, "job.ts"));
  assert.ok(existsSync(fileURLToPath(bundle.url)));
  await bundle.dispose();
  assert.ok(!existsSync(fileURLToPath(bundle.url)));
});
