import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serialize } from "node:v8";
import { ClassicLevel } from "classic-level";
import { writeBundle } from "../../../../control/cluster/bundle-archive.ts";
import { JarStore } from "../../../../control/cluster/jar-store.ts";
import type { ProgramRecord } from "../../../../control/cluster/records.ts";
import { Registry } from "../../../../control/cluster/registry.ts";
import { systemClock } from "../../../../control/common/clock.ts";
import { rejectsCode } from "../throws-code.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-registry-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

function program(programId: string, args: readonly string[] = []): ProgramRecord {
  return { programId, entry: "job", args, options: {}, owner: null };
}

test("records are there when it is opened again, in the state they had when they were put", async () => {
  const path = join(folder, "records");
  const registry = await Registry.open(path);
  const changing = { ...program("a"), args: ["before"] };
  const written = registry.put("programs", "a", changing, { durable: false });
  changing.args[0] = "after";
  await written;
  for (let turn = 0; turn < 50; turn += 1) {
    void registry.put("programs", "b", program("b", [`${turn}`]), { durable: turn % 2 === 0 });
  }
  await registry.put("programs", "c", program("c"), { durable: true });
  await registry.remove("programs", "c");
  await registry.close();
  const again = await Registry.open(path);
  assert.deepEqual((await again.read()).programs, [program("a", ["before"]), program("b", ["49"])]);
  await again.close();
});

test("a directory is used by one at a time, and one of another format is refused", async () => {
  const path = join(folder, "locked");
  const registry = await Registry.open(path);
  const error = await rejectsCode("MR_DATA_DIRECTORY", Registry.open(path));
  assert.match(error.message, /another service uses it/);
  await registry.close();
  const database = new ClassicLevel<string, Buffer>(path, { valueEncoding: "buffer" });
  await database.put("format", serialize(99));
  await database.close();
  const newer = await rejectsCode("MR_DATA_DIRECTORY", Registry.open(path));
  assert.match(newer.message, /format 99/);
  // It was let go of.
  await rejectsCode("MR_DATA_DIRECTORY", Registry.open(path));
});

test("a file in the place of the directory is refused", async () => {
  const path = join(folder, "file");
  await writeFile(path, "");
  await rejectsCode("MR_DATA_DIRECTORY", Registry.open(path));
});

test("bundles keep their names apart from their files, and are there again", async () => {
  const registry = await Registry.open(join(folder, "with-jars"));
  const jars = join(folder, "jars");
  const store = new JarStore(jars, registry, systemClock, []);
  const upload = join(folder, "upload");
  await writeBundle(upload, new Map([["demo.Job", Buffer.from("text")]]), "1.0.0");
  const jar = await store.add(upload, "C:\\temp\\..\\../etc/evil\u0007.jar");
  assert.match(jar.jarId, /^[0-9a-f-]{36}_evil\.jar$/);
  assert.deepEqual(jar.entries, ["demo.Job"]);
  assert.deepEqual(await readdir(jars), [jar.file]);
  assert.equal(jar.file, jar.jarId.slice(0, 36));
  const { entry, module } = await store.program(jar.jarId, null);
  assert.deepEqual([entry, Buffer.from(module).toString()], ["demo.Job", "text"]);

  await writeFile(upload, "no zip");
  const garbage = await store.add(upload, "garbage.jar");
  assert.deepEqual(garbage.entries, []);
  await rejectsCode("MR_BUNDLE_INVALID", store.program(garbage.jarId, null));
  await rejectsCode("MR_BUNDLE_INVALID", store.program(garbage.jarId, "demo.Job"));

  const plain = await store.add(upload, "plain.mjs");
  assert.deepEqual(plain.entries, ["plain"]);
  assert.equal(Buffer.from((await store.program(plain.jarId, null)).module).toString(), "no zip");
  await rejectsCode("MR_BUNDLE_INVALID", store.program(plain.jarId, "other"));

  await store.delete(garbage.jarId);
  await rejectsCode("MR_JAR_NOT_FOUND", store.delete(garbage.jarId));
  assert.equal((await readdir(jars)).length, 2);
  const { jars: kept } = await registry.read();
  assert.deepEqual(new Set(kept.map(({ name }) => name)), new Set(["evil.jar", "plain.mjs"]));
  await registry.close();
});
