import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileSystemCheckpointStore } from "../../../../control/checkpoint/file-system-checkpoint-store.ts";
import { readSnapshot, stateFilesOf } from "../../../../control/checkpoint/read-snapshot.ts";
import { StateFileReader } from "../../../../dataplane/snapshot/state-file-reader.ts";
import { MemoryDisk } from "../../../oracle/memory-disk.ts";
import { contentsOf, readAll } from "../../../oracle/state-blocks.ts";
import { rejectsCode } from "../throws-code.ts";
import {
  blocksOf,
  crc32c,
  FOLDER,
  openStore,
  TestProcesses,
  takeCheckpoint,
} from "./store-on-disk.ts";

async function idsOf(store: FileSystemCheckpointStore): Promise<number[]> {
  return (await store.list()).map(({ checkpointId }) => checkpointId);
}

async function withCheckpoints(...ids: readonly number[]) {
  const disk = new MemoryDisk();
  const processes = new TestProcesses();
  const store = await openStore(disk, processes);
  for (const id of ids) await takeCheckpoint(disk, store, id);
  return { disk, processes, store };
}

test("a completed checkpoint is found after a crash, with the state of every subtask", async () => {
  const { disk, processes } = await withCheckpoints(1, 2);
  disk.crash();
  processes.killAll();
  const again = await openStore(disk, processes);
  const { path, manifest } = await again.open("latest");
  assert.equal(path, `${FOLDER}/chk-2`);
  assert.equal(manifest.checkpointId, 2);
  assert.deepEqual(manifest.enumerators[0]?.state, { assigned: new Map([["a.txt", 17n]]) });
  const files = stateFilesOf(manifest);
  assert.equal(files.length, 2);
  for (const state of files) {
    const reader = await StateFileReader.open({ fileSystem: disk, crc32c }, state);
    assert.deepEqual(await readAll(reader.contents()), contentsOf(blocksOf(2)));
  }
});

test("there is no latest checkpoint where none was completed: never an empty start", async () => {
  const { store } = await withCheckpoints();
  await store.create(1, null);
  const error = await rejectsCode("MR_SNAPSHOT_NOT_FOUND", store.open("latest"));
  assert.equal(error.details.path, FOLDER);
  await rejectsCode("MR_SNAPSHOT_NOT_FOUND", store.open("/nowhere/chk-1"));
});

test("a checkpoint is opened by its folder or its manifest", async () => {
  const { store } = await withCheckpoints(1, 2);
  for (const path of [`${FOLDER}/chk-1`, `${FOLDER}/chk-1/manifest.json`]) {
    const opened = await store.open(path);
    assert.equal(opened.manifest.checkpointId, 1);
    assert.equal(opened.path, `${FOLDER}/chk-1`);
  }
});

test("as many checkpoints as are retained stay, the newest ones", async () => {
  const { disk, store } = await withCheckpoints(1, 2, 3, 10);
  await store.retain(3);
  assert.deepEqual(await idsOf(store), [2, 3, 10]);
  await store.retain(1);
  assert.deepEqual(await idsOf(store), [10]);
  assert.ok(!(await disk.list(FOLDER)).includes("chk-3"));
  await store.retain(0);
  assert.deepEqual(await idsOf(store), []);
});

test("nothing is removed while the newest checkpoint cannot be read back", async () => {
  const { disk, store } = await withCheckpoints(1, 2);
  disk.overwrite(`${FOLDER}/chk-2/sum-1.state`, Buffer.alloc(10));
  await rejectsCode("MR_SNAPSHOT_DAMAGED", store.retain(1));
  assert.deepEqual(await idsOf(store), [1, 2]);
});

test("a discarded checkpoint leaves nothing behind, under way or complete; savepoints stay", async () => {
  const { disk, store } = await withCheckpoints(1, 2);
  const folder = await store.create(3, null);
  await (await disk.create(`${folder}/a.state`)).write([Buffer.alloc(3)]);
  await store.discard(3);
  await store.discard(2);
  await store.discard(99);
  assert.deepEqual(await idsOf(store), [1]);
  assert.deepEqual([...(await disk.list(FOLDER))].sort(), ["chk-1", "lock-1"]);
  const { path } = await takeCheckpoint(disk, store, 4, "/save");
  await store.discard(4);
  assert.equal((await store.open(path)).manifest.checkpointId, 4);
  await store.create(5, "/save");
  await store.discard(5);
  assert.deepEqual(await disk.list("/save"), ["savepoint-012345-4"]);
});

test("what is no checkpoint is removed by the next one who takes the folder, and its id is not used again", async () => {
  const { disk, processes, store } = await withCheckpoints(1, 2);
  await store.create(7, null);
  await disk.remove(`${FOLDER}/chk-2/manifest.json`);
  await disk.makeFolder(`${FOLDER}/of-somebody-else`);
  processes.killAll();
  const again = await openStore(disk, processes);
  assert.deepEqual(await idsOf(again), [1]);
  assert.equal(again.lastCheckpointId, 7);
  assert.deepEqual([...(await disk.list(FOLDER))].sort(), ["chk-1", "lock-2", "of-somebody-else"]);
});

test("savepoints lie where they were asked for and are nobody's to remove", async () => {
  const { disk, store } = await withCheckpoints(1);
  const { path } = await takeCheckpoint(disk, store, 2, "/save/here");
  assert.equal(path, "/save/here/savepoint-012345-2");
  await takeCheckpoint(disk, store, 3);
  await store.retain(1);
  assert.deepEqual(await idsOf(store), [3]);
  const { manifest } = await store.open(path);
  assert.equal(manifest.type, "savepoint");
  const moved = await readSnapshot({ fileSystem: disk, crc32c }, path, "blocks");
  assert.equal(moved.manifest.checkpointId, 2);
});

test("files that nobody named are no harm", async () => {
  const { disk, store } = await withCheckpoints(1);
  await disk.create(`${FOLDER}/chk-1/README`);
  assert.equal((await store.open("latest")).manifest.checkpointId, 1);
});

test("a damaged checkpoint is refused with file and reason, and the next older one is offered, not taken", async () => {
  const damages: readonly [RegExp, (disk: MemoryDisk) => unknown][] = [
    [
      /sum-1\.state is refused: it is missing/,
      (disk) => disk.remove(`${FOLDER}/chk-3/sum-1.state`),
    ],
    [
      /sum-0\.state is refused: its header/,
      (disk) => disk.overwrite(`${FOLDER}/chk-3/sum-0.state`, Buffer.alloc(0)),
    ],
    [
      /manifest\.json is refused: it is no whole manifest/,
      (disk) => disk.overwrite(`${FOLDER}/chk-3/manifest.json`, Buffer.alloc(0)),
    ],
  ];
  for (const [message, damage] of damages) {
    const { disk, store } = await withCheckpoints(1, 2, 3);
    await damage(disk);
    const error = await rejectsCode("MR_SNAPSHOT_DAMAGED", store.open("latest"));
    assert.match(error.message, message);
    assert.match(error.message, /The next older checkpoint is \/jobs\/count\/chk-2; restore that/);
    assert.equal((await store.open(`${FOLDER}/chk-2`)).manifest.checkpointId, 2);
  }
});

test("damage in the middle of a block is found before a job is started from it", async () => {
  const { disk, store } = await withCheckpoints(1);
  const path = `${FOLDER}/chk-1/sum-0.state`;
  const bytes = Buffer.from(disk.bytesOf(path));
  bytes[70] = (bytes[70] ?? 0) ^ 1;
  disk.overwrite(path, bytes);
  const error = await rejectsCode("MR_SNAPSHOT_DAMAGED", store.open("latest"));
  assert.match(error.message, /Restore another checkpoint or savepoint/);
});

test("a damaged savepoint offers the newest checkpoint", async () => {
  const { disk, store } = await withCheckpoints(1, 2);
  const { path } = await takeCheckpoint(disk, store, 3, "/save");
  disk.overwrite(`${path}/manifest.json`, Buffer.from("{}"));
  const error = await rejectsCode("MR_SNAPSHOT_DAMAGED", store.open(path));
  assert.match(error.message, /The newest checkpoint is \/jobs\/count\/chk-2/);
});
