import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { PartFile } from "../../../../dataplane/connectors/part-file.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "connectors-part-"));
});
after(() => rm(root, { recursive: true }));

async function append(file: PartFile, bytes: Buffer): Promise<void> {
  let buffer = file.reserve(bytes.length);
  while (buffer === null) {
    await file.whenRoom();
    buffer = file.reserve(bytes.length);
  }
  bytes.copy(buffer, file.length);
  file.commit(file.length + bytes.length);
}

test("bytes of many buffers arrive whole and in order", async () => {
  const path = join(root, "ordered");
  const file = await PartFile.create(path);
  const pieces: Buffer[] = [];
  for (let index = 0; index < 60; ++index) pieces.push(Buffer.alloc(100_000 + index, index));
  for (const piece of pieces) await append(file, piece);
  await file.flush("synced");
  await file.close();
  assert.ok((await readFile(path)).equals(Buffer.concat(pieces)));
});

test("a piece larger than a buffer is taken whole", async () => {
  const path = join(root, "large");
  const file = await PartFile.create(path);
  const large = Buffer.alloc(5_000_000, 7);
  await append(file, Buffer.from("before"));
  await append(file, large);
  await append(file, Buffer.from("after"));
  await file.flush("written");
  await file.close();
  const expected = Buffer.concat([Buffer.from("before"), large, Buffer.from("after")]);
  assert.ok((await readFile(path)).equals(expected));
});

test("there is no room while one buffer is full and the other being written", async () => {
  const file = await PartFile.create(join(root, "full"));
  const piece = Buffer.alloc(1_000_000);
  assert.notEqual(file.reserve(piece.length), null);
  file.commit(piece.length);
  assert.notEqual(file.reserve(piece.length), null);
  file.commit(piece.length);
  assert.equal(file.reserve(piece.length), null);
  await file.whenRoom();
  assert.notEqual(file.reserve(piece.length), null);
  await file.close();
});

test("what was flushed is in the file before it is closed", async () => {
  const path = join(root, "flushed");
  const file = await PartFile.create(path);
  await append(file, Buffer.from("one\n"));
  await file.flush("written");
  assert.equal(await readFile(path, "utf8"), "one\n");
  await append(file, Buffer.from("two\n"));
  await file.flush("synced");
  assert.equal(await readFile(path, "utf8"), "one\ntwo\n");
  await file.close();
});

test("a write that fails is told by the next call and by every one after", async () => {
  const file = await PartFile.resume("/dev/full", 0);
  await append(file, Buffer.from("lost"));
  await assert.rejects(file.flush("written"), /ENOSPC/);
  assert.throws(() => file.reserve(1), /ENOSPC/);
  await assert.rejects(file.flush("written"), /ENOSPC/);
  await file.close();
});

test("a file that is there already is not written over", async () => {
  const path = join(root, "there");
  await writeFile(path, "precious");
  await assert.rejects(PartFile.create(path), /EEXIST/);
  assert.equal(await readFile(path, "utf8"), "precious");
});

test("a file is resumed behind a length: what follows is cut off", async () => {
  const path = join(root, "resumed");
  await writeFile(path, "one\ntwo\nthr");
  const file = await PartFile.resume(path, 8);
  assert.equal(file.size, 8);
  await append(file, Buffer.from("THREE\n"));
  assert.equal(file.size, 14);
  await file.flush("synced");
  await file.close();
  assert.equal(await readFile(path, "utf8"), "one\ntwo\nTHREE\n");
  await assert.rejects(PartFile.resume(path, 15), /has 14 bytes; 15 were written/);
});
