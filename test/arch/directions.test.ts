import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import { projectRoot } from "../project-root.ts";

/** A cruiser that cannot read TypeScript sees no modules and finds nothing wrong. */
const ENGINE_MODULES_AT_LEAST = 100;

const scratch = mkdtempSync(join(tmpdir(), "millrace-arch-"));
after(() => rmSync(scratch, { recursive: true }));

async function check(baseDir: string, folders: readonly string[]): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions(join(projectRoot, ".dependency-cruiser.cjs"));
  const { tsConfig: _, ...rest } = options;
  const { output } = await cruise([...folders], { ...rest, baseDir, validate: true });
  if (typeof output === "string") throw new TypeError("Expected a cruise result, got text.");
  return output;
}

function violations(result: ICruiseResult): string[] {
  return result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}

/** Writes files (path -> text) and names the rules they break. */
async function brokenRules(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = mkdtempSync(join(scratch, "case-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const result = await check(folder, [
    ...new Set(Object.keys(files).map((path) => path.split("/")[0] ?? "")),
  ]);
  return result.summary.violations.map(({ rule }) => rule.name);
}

test("imports follow the directions of the architecture, without cycles", async () => {
  const result = await check(projectRoot, [
    "control",
    "dataplane",
    "bench",
    "test",
    "examples",
    "scripts",
  ]);
  assert.deepEqual(violations(result), []);
  const engine = result.modules.filter(({ source }) =>
    /^(control|dataplane)\/.*\.ts$/.test(source),
  );
  assert.ok(
    engine.length >= ENGINE_MODULES_AT_LEAST,
    `only ${engine.length} modules of the engine were seen`,
  );
});

test("an import from the data plane to the control plane is found, even of a type", async () => {
  const rules = await brokenRules({
    "dataplane/worker/task.ts":
      'import type { Plan } from "../../control/plan/plan.ts";\nexport type Task = Plan;\n',
    "control/plan/plan.ts": "export interface Plan { readonly name: string }\n",
  });
  assert.deepEqual(rules, ["dataplane-worker-direction"]);
});

test("a cycle is found", async () => {
  const rules = await brokenRules({
    "control/plan/a.ts": 'import { b } from "./b.ts";\nexport const a = () => b;\n',
    "control/plan/b.ts": 'import { a } from "./a.ts";\nexport const b = () => a;\n',
  });
  assert.deepEqual([...new Set(rules)], ["no-cycles"]);
});

test("an import of a Node built-in by the protocol is found", async () => {
  const rules = await brokenRules({
    "dataplane/protocol/a.ts":
      'import { readFileSync } from "node:fs";\nexport const a = readFileSync;\n',
  });
  assert.deepEqual(rules, ["protocol-and-assembly-stand-alone"]);
});

test("an import of a package outside its one place is found", async () => {
  const rules = await brokenRules({
    "control/runtime/other.ts":
      'import { Piscina } from "piscina";\nexport const pool = Piscina;\n',
    "node_modules/piscina/package.json":
      '{ "name": "piscina", "version": "1.0.0", "main": "index.js" }',
    "node_modules/piscina/index.js": "exports.Piscina = class {};\n",
    "package.json": '{ "dependencies": { "piscina": "1.0.0" } }',
  });
  assert.deepEqual(rules, ["piscina-in-one-place"]);
});
