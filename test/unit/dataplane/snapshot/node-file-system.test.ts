import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { errorCodeOf } from "../../../../dataplane/snapshot/file-system.ts";
import { nodeFileSystem } from "../../../../dataplane/snapshot/node-file-system.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-files-"));
after(() => rmSync(folder, { recursive: true }));

async function codeOf(promise: Promise<unknown>): Promise<string | null> {
  return promise.then(
    () => assert.fail("it was fulfilled"),
    (error) => errorCodeOf(error),
  );
}

test("a file holds what was written in parts, and is read from anywhere", async () => {
  const path = join(folder, "parts");
  const file = await nodeFileSystem.create(path);
  const parts = Array.from({ length: 3000 }, (_, index) => Buffer.from(`${index},`));
  await file.write(parts);
  await file.write([]);
  await file.write([Buffer.alloc(0), Buffer.from("end")]);
  await file.sync();
  await file.close();
  const all = Buffer.concat([...parts, Buffer.from("end")]);
  assert.deepEqual(readFileSync(path), all);
  const reader = await nodeFileSystem.open(path);
  assert.equal(reader.lengthBytes, all.length);
  assert.deepEqual(Buffer.from(await reader.read(5, 10)), all.subarray(5, 15));
  assert.deepEqual(Buffer.from(await reader.read(all.length - 3, 10)).toString(), "end");
  assert.equal((await reader.read(all.length + 3, 10)).length, 0);
  await reader.close();
});

test("folders are made with those above them, renamed and removed with what is in them", async () => {
  const deep = join(folder, "a/b/c");
  await nodeFileSystem.makeFolder(deep);
  await nodeFileSystem.makeFolder(deep);
  writeFileSync(join(deep, "file"), "x");
  await nodeFileSystem.syncFolder(deep);
  await nodeFileSystem.rename(join(folder, "a/b"), join(folder, "a/d"));
  assert.deepEqual(await nodeFileSystem.list(join(folder, "a/d/c")), ["file"]);
  await nodeFileSystem.remove(join(folder, "a"));
  await nodeFileSystem.remove(join(folder, "a"));
  assert.equal(await codeOf(nodeFileSystem.list(join(folder, "a"))), "ENOENT");
});

test("what cannot be done says why in a code", async () => {
  const path = join(folder, "there");
  writeFileSync(path, "x");
  assert.equal(await codeOf(nodeFileSystem.create(path)), "EEXIST");
  assert.equal(await codeOf(nodeFileSystem.makeFolder(join(path, "below"))), "ENOTDIR");
  assert.equal(await codeOf(nodeFileSystem.open(join(folder, "missing"))), "ENOENT");
  await nodeFileSystem.link(path, join(folder, "second"));
  assert.equal(readFileSync(join(folder, "second"), "utf8"), "x");
  assert.equal(await codeOf(nodeFileSystem.link(path, join(folder, "second"))), "EEXIST");
});
