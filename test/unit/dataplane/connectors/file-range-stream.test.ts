import assert from "node:assert/strict";
import { mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import fc from "fast-check";

import { FileRangeStream } from "../../../../dataplane/connectors/file-range-stream.ts";
import { ReadBuffers } from "../../../../dataplane/connectors/read-buffers.ts";
import { WakeUp } from "../../../../dataplane/connectors/wake-up.ts";
import { MemoryManager } from "../../../../dataplane/memory/memory-manager.ts";

let root = "";
let path = "";
const content = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251));

before(async () => {
  root = await mkdtemp(join(tmpdir(), "connectors-range-"));
  path = join(root, "bytes");
  await writeFile(path, content);
});

after(() => rm(root, { recursive: true }));

const manager = new MemoryManager(1_000_000);

function openRange(file: string, start: number, end: number, bufferBytes: number) {
  const wakeUp = new WakeUp();
  const buffers = new ReadBuffers(bufferBytes, { manager, owner: "reader" });
  const failureOf = (cause: Error): Error => new Error(`failed: ${cause.message}`);
  const wake = (): void => wakeUp.wake();
  const stream = new FileRangeStream({ path: file, start, end }, buffers, wake, failureOf);
  const close = async (): Promise<void> => {
    await stream.close();
    buffers.dispose();
    assert.equal(manager.borrowedBy("reader"), 0);
  };
  return { stream, wakeUp, close };
}

/** Takes bytes until the stream ends or `wanted` are there. */
async function takeBytes(opened: ReturnType<typeof openRange>, wanted: number): Promise<Buffer> {
  const { stream, wakeUp } = opened;
  const parts: Buffer[] = [];
  for (let length = 0; length < wanted; ) {
    wakeUp.clear();
    const bytes = stream.next();
    if (bytes !== null) parts.push(Buffer.from(bytes));
    else if (stream.isEnded) break;
    else await wakeUp.wait();
    length += bytes?.length ?? 0;
  }
  return Buffer.concat(parts);
}

async function openFilesBelow(directory: string): Promise<number> {
  const links = await readdir("/proc/self/fd");
  const targets = await Promise.all(
    links.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  return targets.filter((target) => target.startsWith(directory)).length;
}

test("reads the file from any offset to its end, whatever the buffers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 20_100 }),
      fc.integer({ min: 0, max: 21_000 }),
      fc.integer({ min: 300, max: 30_000 }),
      async (start, length, bufferBytes) => {
        const opened = openRange(path, start, start + length, bufferBytes);
        const bytes = await takeBytes(opened, Number.POSITIVE_INFINITY);
        await opened.close();
        assert.ok(bytes.equals(content.subarray(start)));
      },
    ),
    { seed: 41, numRuns: 40 },
  );
});

test("the bytes it hands out stay as they are until the next call", async () => {
  const opened = openRange(path, 0, 20_000, 1000);
  const { stream, wakeUp } = opened;
  await takeBytes(opened, 1000);
  let bytes = stream.next();
  while (bytes === null) {
    await wakeUp.wait();
    wakeUp.clear();
    bytes = stream.next();
  }
  // The other buffer is read into meanwhile; this one must not be.
  await new Promise((resolve) => setImmediate(resolve));
  await wakeUp.wait();
  assert.ok(Buffer.from(bytes).equals(content.subarray(1000, 2000)));
  await opened.close();
});

test("a file that cannot be opened or read throws what the source makes of it", async () => {
  for (const [file, message] of [
    [join(root, "gone"), /failed: ENOENT/],
    [root, /failed: EISDIR/],
  ] as const) {
    const opened = openRange(file, 0, 100, 64);
    await assert.rejects(takeBytes(opened, 1), message);
    await opened.close();
  }
});

test("closing at any moment leaves no file open", async () => {
  for (const wanted of [0, 1, 5000, Number.POSITIVE_INFINITY]) {
    const opened = openRange(path, 0, 20_000, 512);
    await takeBytes(opened, wanted);
    await opened.close();
  }
  assert.equal(await openFilesBelow(root), 0);
});

test("behind the end of its range it reads small pieces only", async () => {
  const opened = openRange(path, 0, 1000, 16_384);
  const lengths: number[] = [];
  while (!opened.stream.isEnded) {
    opened.wakeUp.clear();
    const bytes = opened.stream.next();
    if (bytes !== null) lengths.push(bytes.length);
    else await opened.wakeUp.wait();
  }
  await opened.close();
  assert.deepEqual(lengths, [5096, 4096, 4096, 4096, 20_000 - 5096 - 3 * 4096]);
});

test("without room in the budget it fails, unless for the second buffer only", async () => {
  manager.borrow("other", 999_000);
  try {
    const opened = openRange(path, 0, 20_000, 600);
    assert.equal((await takeBytes(opened, Number.POSITIVE_INFINITY)).length, 20_000);
    await opened.close();
    const refused = openRange(path, 0, 20_000, 1001);
    await assert.rejects(takeBytes(refused, 1), /MR_MEMORY_EXHAUSTED|asked for 1001 bytes/);
    await refused.close();
  } finally {
    manager.giveBack("other", 999_000);
  }
});

test("buffers go on to the next stream, and one still being read into does not", async () => {
  const buffers = new ReadBuffers(1000, { manager, owner: "reader" });
  const range = { path, start: 0, end: 20_000 };
  const open = (): FileRangeStream =>
    new FileRangeStream(
      range,
      buffers,
      () => {},
      (cause) => cause,
    );
  const closed: Promise<void>[] = [];
  // Closed while opening, while reading and later: every turn of the event loop another moment.
  for (let round = 0; round < 60; ++round) {
    const stream = open();
    for (let turn = 0; turn < round % 6; ++turn) {
      await new Promise((resolve) => setImmediate(resolve));
      const bytes = stream.next();
      if (bytes !== null) assert.equal(bytes[0], content[0]);
      if (bytes !== null) break;
    }
    closed.push(stream.close());
  }
  // However slow the disk was: one stream has used both buffers.
  const last = open();
  while (last.next() === null) await new Promise((resolve) => setImmediate(resolve));
  closed.push(last.close());
  await Promise.all(closed);
  assert.equal(manager.borrowedBy("reader"), 2000);
  buffers.dispose();
  assert.equal(manager.borrowed, 0);
});
