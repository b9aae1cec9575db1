import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { limitLog, logFileOf, logFilesIn } from "../../../../control/cluster/log-files.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-log-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

test("a log beyond its limit begins anew for who writes it, and what it held is beside it", async () => {
  const path = join(folder, "program.log");
  const writer = await open(path, "a");
  await writer.write("x".repeat(100));
  await limitLog(path, 100);
  assert.equal((await readFile(path, "utf8")).length, 100);
  await writer.write("y");
  await limitLog(path, 100);
  await writer.write("new");
  await writer.close();
  assert.equal(await readFile(path, "utf8"), "new");
  assert.equal(await readFile(`${path}.1`, "utf8"), `${"x".repeat(100)}y`);
});

test("files are told by their endings, and what is not there is nothing", async () => {
  await writeFile(join(folder, "a.out"), "12");
  const files = await logFilesIn(folder);
  const kinds = files.map(({ name, kind }) => `${name} ${kind}`).sort();
  assert.deepEqual(kinds, ["a.out stdout", "program.log log", "program.log.1 other"]);
  assert.equal(files.find(({ name }) => name === "a.out")?.sizeBytes, 2);
  assert.deepEqual(await logFilesIn(join(folder, "nowhere")), []);
  assert.equal(await logFileOf(join(folder, "nothing"), "nothing", "log"), null);
  await limitLog(join(folder, "nothing"), 1);
});
