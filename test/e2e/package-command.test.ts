/** `millrace package`: what it makes runs where only the engine is. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readManifest, readProgram } from "../../control/cluster/bundle-archive.ts";
import { runCli } from "./cli.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-package-test-"));
  await mkdir(join(folder, "node_modules/shouting"), { recursive: true });
  // CommonJS, which asks for a module of Node.
  await writeFile(
    join(folder, "node_modules/shouting/index.js"),
    `const { EOL } = require("node:os"); exports.shout = (text) => text.toUpperCase() + (EOL ? "!" : "");`,
  );
  await writeFile(join(folder, "helper.ts"), `export const names: string[] = ["rose", "tom"];`);
  await writeFile(
    join(folder, "demo.Shout.ts"),
    `import { StreamExecutionEnvironment } from "millrace";
     import { shout } from "shouting";
     import { names } from "./helper.ts";
     const env = StreamExecutionEnvironment.getExecutionEnvironment();
     env.setParallelism(1);
     env.fromElements(...names).map((name: string) => shout(name)).print();
     await env.execute();`,
  );
});
after(() => rm(folder, { recursive: true, force: true }));

test("a packaged program runs in a folder that has nothing of it", async () => {
  const jar = join(folder, "shout.jar");
  const packaged = await runCli(["package", join(folder, "demo.Shout.ts"), "-o", jar, "--json"]);
  assert.equal(packaged.code, 0, packaged.stderr);
  const { path, entries } = JSON.parse(packaged.stdout) as { path: string; entries: string[] };
  assert.deepEqual([path, entries], [jar, ["demo.Shout"]]);
  const manifest = await readManifest(jar);
  assert.deepEqual(manifest.entries, ["demo.Shout"]);
  assert.match(manifest.engineVersion ?? "", /^\d+\.\d+\.\d+$/);
  const elsewhere = await mkdtemp(join(tmpdir(), "millrace-elsewhere-"));
  try {
    const program = join(elsewhere, "job.mjs");
    await writeFile(program, await readProgram(jar, "demo.Shout"));
    const { code, stdout, stderr } = await runCli(["run", program]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.trim().split("\n"), ["ROSE!", "TOM!"]);
  } finally {
    await rm(elsewhere, { recursive: true, force: true });
  }
});

test("the engine is not in a bundle", async () => {
  const jar = join(folder, "small.jar");
  const file = join(folder, "small.ts");
  await writeFile(
    file,
    `import { defineJob } from "millrace"; export default defineJob(() => {});`,
  );
  assert.equal((await runCli(["package", file, "-o", jar])).code, 0);
  assert.ok((await readFile(jar)).length < 10_000);
  assert.match((await readProgram(jar, "small")).toString(), /from "millrace"/);
});

test("what cannot be packaged is refused with a code", async () => {
  const missing = await runCli(["package", join(folder, "not-there.ts"), "--json"]);
  assert.equal(missing.code, 2);
  assert.match(missing.stdout, /MR_PROGRAM_NOT_FOUND/);
  const badName = join(folder, "bad name.ts");
  await writeFile(badName, "");
  assert.match((await runCli(["package", badName, "--json"])).stdout, /MR_BUNDLE_INVALID/);
  const broken = join(folder, "broken.ts");
  await writeFile(broken, `import "./nowhere.ts";`);
  assert.match((await runCli(["package", broken, "--json"])).stdout, /MR_BUNDLE_FAILED/);
});
