import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Crc32c } from "../../../../dataplane/memory/crc32c.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import type { StateFile } from "../../../../dataplane/protocol/state-file.ts";
import { STATE_FILE_VERSION } from "../../../../dataplane/protocol/state-file-layout.ts";
import { SNAPSHOT_WINDOW_BYTES } from "../../../../dataplane/snapshot/snapshot-output.ts";
import { encodeHeader } from "../../../../dataplane/snapshot/state-file-ends.ts";
import { decodeIndex, encodeIndex } from "../../../../dataplane/snapshot/state-file-index.ts";
import { StateFileReader } from "../../../../dataplane/snapshot/state-file-reader.ts";
import { StateFileWriter } from "../../../../dataplane/snapshot/state-file-writer.ts";
import { diskError, MemoryDisk } from "../../../oracle/memory-disk.ts";
import { seeded } from "../../../oracle/seeded.ts";
import {
  anyBlocks,
  contentsOf,
  fakeBatch,
  handOver,
  LONG_TYPE,
  readAll,
  SMALL_BLOCKS,
  type TestBlock,
} from "../../../oracle/state-blocks.ts";
import { rejectsCode } from "../../control/throws-code.ts";

const crc32c = await Crc32c.create();
const PATH = "/s/a-0.state";

async function emptyDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.makeFolder("/s");
  return disk;
}

function writerOn(fileSystem: MemoryDisk, compress = false): StateFileWriter {
  return new StateFileWriter({ fileSystem, crc32c, folder: "/s", file: "a-0.state", compress });
}

async function write(
  disk: MemoryDisk,
  blocks: readonly TestBlock[],
  compress = false,
): Promise<StateFile | null> {
  const writer = writerOn(disk, compress);
  handOver(writer, blocks);
  return writer.finish();
}

async function writeSmall(): Promise<{ disk: MemoryDisk; state: StateFile; bytes: Buffer }> {
  const disk = await emptyDisk();
  const state = await write(disk, SMALL_BLOCKS);
  assert.ok(state !== null);
  return { disk, state, bytes: disk.bytesOf(PATH) };
}

async function read(disk: MemoryDisk, state: StateFile) {
  const reader = await StateFileReader.open({ fileSystem: disk, crc32c }, state);
  return readAll(reader.contents());
}

test("what was handed over is read in the same order, compressed or not", async () => {
  await fc.assert(
    fc.asyncProperty(anyBlocks, fc.boolean(), async (blocks, compress) => {
      const disk = await emptyDisk();
      const state = await write(disk, blocks, compress);
      if (blocks.length === 0) {
        assert.equal(state, null);
        assert.deepEqual(await disk.list("/s"), []);
        return;
      }
      assert.ok(state !== null);
      assert.equal(state.lengthBytes, disk.bytesOf(PATH).length);
      assert.deepEqual(await read(disk, state), contentsOf(blocks));
    }),
    seeded(),
  );
});

test("a file on disk survives a crash, whatever the disk had not been told to keep", async () => {
  const { disk, state } = await writeSmall();
  await disk.syncFolder("/s");
  disk.crash();
  assert.deepEqual(await read(disk, state), contentsOf(SMALL_BLOCKS));
});

test("compressed blocks are smaller, and blocks that would grow are stored as they are", async () => {
  const zeros: TestBlock[] = [{ ...rowsOf(0, 9), batch: fakeBatch(1, 100_000, 0) }];
  const small = await write(await emptyDisk(), zeros, true);
  const large = await write(await emptyDisk(), zeros, false);
  assert.ok((small?.lengthBytes ?? 0) < (large?.lengthBytes ?? 0) / 10);
  const random = Uint8Array.from({ length: 1000 }, (_, index) => (index * index * 7919) >> 3);
  const disk = await emptyDisk();
  const state = await write(disk, [{ ...rowsOf(0, 9), batch: random }], true);
  assert.ok(state !== null && state.lengthBytes < 1300);
  assert.deepEqual(await read(disk, state), [
    { kind: "rows", operatorId: "sum", type: LONG_TYPE, batch: random },
  ]);
});

function rowsOf(firstKeyGroup: number, lastKeyGroup: number) {
  const fields = { operatorId: "sum", type: LONG_TYPE, batch: fakeBatch(1, 64, 1) };
  return { kind: "rows" as const, ...fields, firstKeyGroup, lastKeyGroup };
}

test("blocks of other operators and other key groups are not read", async () => {
  const disk = await emptyDisk();
  const blocks = [rowsOf(0, 3), rowsOf(4, 7), { ...rowsOf(2, 5), operatorId: "max" }];
  const state = await write(disk, [...blocks, ...SMALL_BLOCKS.slice(1)]);
  assert.ok(state !== null);
  const reader = await StateFileReader.open({ fileSystem: disk, crc32c }, state);
  const reads: string[] = [];
  disk.before = (operation) => reads.push(operation);
  const selection = {
    operatorIds: new Set(["sum", "source"]),
    keyGroups: (first: number, last: number) => first <= 5 && last >= 4,
  };
  const found = await readAll(reader.contents(selection));
  assert.deepEqual(found, contentsOf([rowsOf(4, 7), ...SMALL_BLOCKS.slice(1)]));
  assert.equal(reads.length, 2);
});

test("every single bit that is flipped is noticed before a byte is used", async () => {
  const { disk, state, bytes } = await writeSmall();
  for (let bit = 0; bit < bytes.length * 8; ++bit) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    disk.overwrite(PATH, flipped);
    const error = await rejectsCode("MR_SNAPSHOT_DAMAGED", read(disk, state));
    assert.equal(error.details.file, PATH);
  }
  disk.overwrite(PATH, bytes);
  assert.deepEqual(await read(disk, state), contentsOf(SMALL_BLOCKS));
});

test("a file that was cut off anywhere, has bytes behind it or is missing is refused", async () => {
  const { disk, state, bytes } = await writeSmall();
  for (let length = 0; length < bytes.length; ++length) {
    disk.overwrite(PATH, bytes.subarray(0, length));
    await rejectsCode("MR_SNAPSHOT_DAMAGED", read(disk, state));
  }
  disk.overwrite(PATH, Buffer.concat([bytes, Buffer.alloc(1)]));
  await rejectsCode("MR_SNAPSHOT_DAMAGED", read(disk, state));
  await disk.remove(PATH);
  const error = await rejectsCode("MR_SNAPSHOT_DAMAGED", read(disk, state));
  assert.match(error.message, /it is missing/);
});

test("a whole file in the place of another one is refused", async () => {
  const { disk, state, bytes } = await writeSmall();
  const other = await emptyDisk();
  const [rows, entry] = SMALL_BLOCKS;
  assert.ok(rows?.kind === "rows" && entry !== undefined);
  await write(other, [{ ...rows, batch: fakeBatch(3, 64, 8) }, entry]);
  assert.equal(other.bytesOf(PATH).length, bytes.length);
  disk.overwrite(PATH, other.bytesOf(PATH));
  const error = await rejectsCode("MR_SNAPSHOT_DAMAGED", read(disk, state));
  assert.match(error.message, /another file/);
});

test("a file of a newer version is refused as such", async () => {
  const { disk, state, bytes } = await writeSmall();
  const header = encodeHeader(crc32c, STATE_FILE_VERSION + 1);
  disk.overwrite(PATH, Buffer.concat([header, bytes.subarray(header.length)]));
  const error = await rejectsCode("MR_SNAPSHOT_VERSION", read(disk, state));
  assert.equal(error.details.version, STATE_FILE_VERSION + 1);
});

test("a file that cannot be read is refused with the reason", async () => {
  const { disk, state } = await writeSmall();
  for (let failing = 0; failing < 5; ++failing) {
    let reads = 0;
    disk.before = (operation, path) => {
      if (operation === "read" && reads++ === failing) throw diskError("EIO", path);
    };
    const error = await rejectsCode("MR_SNAPSHOT_DAMAGED", read(disk, state));
    assert.match(error.message, /cannot be read: EIO/);
  }
});

test("a disk that fails at any operation fails the snapshot and keeps no file", async () => {
  const blocks = [...SMALL_BLOCKS, { ...rowsOf(0, 9), batch: fakeBatch(9, 2_500_000, 1) }];
  const operations: string[] = [];
  const healthy = await emptyDisk();
  healthy.before = (operation) => operations.push(operation);
  await write(healthy, [...blocks, ...blocks]);
  assert.ok(operations.filter((operation) => operation === "write").length >= 2);
  for (let failing = 0; failing < operations.length; ++failing) {
    const disk = await emptyDisk();
    let count = 0;
    disk.before = (_operation, path) => {
      if (count++ === failing) throw diskError("ENOSPC", path);
    };
    const error = await rejectsCode("MR_CHECKPOINT_STORAGE", write(disk, [...blocks, ...blocks]));
    assert.equal(error.details.path, PATH);
    assert.match(error.message, /ENOSPC/);
    assert.deepEqual(await disk.list("/s"), []);
  }
});

test("a failed sync is final: the file is lost and the disk is not asked again", async () => {
  const disk = await emptyDisk();
  let syncs = 0;
  disk.before = (operation, path) => {
    if (operation === "sync" && ++syncs > 0) throw diskError("EIO", path);
  };
  const writer = writerOn(disk);
  handOver(writer, SMALL_BLOCKS);
  await rejectsCode("MR_CHECKPOINT_STORAGE", writer.finish());
  await rejectsCode("MR_CHECKPOINT_STORAGE", writer.finish());
  assert.equal(syncs, 1);
});

test("an aborted output leaves no file, and takes nothing more", async () => {
  const disk = await emptyDisk();
  const writer = writerOn(disk);
  handOver(writer, SMALL_BLOCKS);
  await writer.abort();
  handOver(writer, SMALL_BLOCKS);
  await writer.abort();
  await rejectsCode("MR_CHECKPOINT_STORAGE", writer.finish());
  assert.deepEqual(await disk.list("/s"), []);
});

test("whoever hands over more than is written waits for room, and gets it also from a disk that fails", async () => {
  for (const fails of [false, true]) {
    const disk = await emptyDisk();
    disk.before = (operation, path) => {
      if (fails && operation === "write") throw diskError("ENOSPC", path);
    };
    const writer = writerOn(disk);
    const block = { ...rowsOf(0, 9), batch: fakeBatch(9, SNAPSHOT_WINDOW_BYTES / 2, 1) };
    handOver(writer, [block]);
    assert.equal(writer.room(), null);
    handOver(writer, [block]);
    assert.notEqual(writer.room(), null);
    await writer.room();
    assert.equal(writer.room(), null);
    if (fails) await rejectsCode("MR_CHECKPOINT_STORAGE", writer.finish());
    else assert.ok((await writer.finish()) !== null);
  }
});

test("a value that no snapshot can hold is refused where it is handed over", async () => {
  const writer = writerOn(await emptyDisk());
  const entry = { name: "list", mode: "split" as const, values: [() => 1] };
  assert.throws(
    () => writer.operatorState("map", [entry]),
    (error) => error instanceof EngineError && error.code === "MR_TYPE_UNSUPPORTED",
  );
});

test("blocks that this version does not write are refused, whatever their checksums", () => {
  const block = { section: 1, codec: 0, operator: 0, type: 0, firstKeyGroup: 0, lastKeyGroup: 5 };
  const whole = { ...block, offset: 16, count: 1, rawLength: 4, storedLength: 4, crc32c: 7 };
  const decoded = (change: Partial<typeof whole>, end = 56) => {
    const blocks = [{ ...whole, ...change }];
    return decodeIndex(encodeIndex({ operators: ["sum"], types: [LONG_TYPE], blocks }), end);
  };
  assert.deepEqual(decoded({}), { operators: ["sum"], types: [LONG_TYPE], blocks: [whole] });
  assert.match(String(decoded({ section: 3 })), /block 0 at 16: frames under way/);
  assert.match(String(decoded({ section: 4 })), /section 4/);
  assert.match(String(decoded({ codec: 2 })), /codec 2/);
  assert.match(String(decoded({ operator: 1 })), /operator 1 of 1/);
  assert.match(String(decoded({ type: 1 })), /type 1 of 1/);
  assert.match(String(decoded({}, 57)), /its blocks end at 56, its index begins at 57/);
});
