import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { createPrng } from "../../../../dataplane/worker/prng.ts";
import { diskError, MemoryDisk } from "../../../oracle/memory-disk.ts";
import { rejectsCode } from "../throws-code.ts";
import {
  type FaultOptions,
  FOLDER,
  failAt,
  heal,
  openStore,
  TestProcesses,
  takeCheckpoint,
} from "./store-on-disk.ts";

/** A store with checkpoint 1, about to take checkpoint 2 and retain one. */
async function storeWithOne() {
  const disk = new MemoryDisk();
  const processes = new TestProcesses();
  const store = await openStore(disk, processes);
  await takeCheckpoint(disk, store, 1);
  return { disk, processes, store };
}

/** How many operations checkpoint 2 is. */
async function countOperations(only?: FaultOptions["only"]): Promise<number> {
  const { disk, store } = await storeWithOne();
  const counted = failAt(disk, -1, only === undefined ? {} : { only });
  await takeCheckpoint(disk, store, 2);
  await store.retain(1);
  return counted();
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

async function checkpointFails(fault: FaultOptions, failing: number): Promise<void> {
  const { disk, processes, store } = await storeWithOne();
  failAt(disk, failing, fault);
  const failure = await failureOf(takeCheckpoint(disk, store, 2));
  const later = await failureOf(store.retain(1));
  heal(disk);
  for (const error of [failure, later]) {
    assert.ok(error === null || error instanceof EngineError, String(error));
  }
  // A job goes on: it gives this one up, if it failed, and takes the next.
  if (failure !== null) await store.discard(2);
  const { checkpointId } = (await store.open("latest")).manifest;
  assert.ok(checkpointId === 1 || checkpointId === 2);
  await takeCheckpoint(disk, store, 3);
  await store.retain(1);
  assert.deepEqual(
    (await store.list()).map((entry) => entry.checkpointId),
    [3],
  );
  // And what is on disk is that one alone.
  disk.crash();
  processes.killAll();
  const again = await openStore(disk, processes);
  assert.equal((await again.open("latest")).manifest.checkpointId, 3);
  assert.deepEqual(
    (await disk.list(FOLDER)).filter((name) => name.startsWith("chk-")),
    ["chk-3"],
  );
}

test("a full disk at any write, or any operation, costs no checkpoint but the one being taken", async () => {
  const writes = await countOperations("write");
  assert.ok(writes >= 3, `${writes} writes`);
  for (let failing = 0; failing < writes; ++failing) {
    await checkpointFails({ only: "write" }, failing);
  }
  const operations = await countOperations();
  assert.ok(operations > 30, `${operations} operations`);
  for (let failing = 0; failing < operations; ++failing) await checkpointFails({}, failing);
});

test("an error of any sync costs no checkpoint but the one being taken", async () => {
  for (const only of ["sync", "syncFolder"] as const) {
    const syncs = await countOperations(only);
    assert.ok(syncs >= 3, `${syncs} times ${only}`);
    for (let failing = 0; failing < syncs; ++failing) {
      await checkpointFails({ only, code: "EIO" }, failing);
    }
  }
});

test("the disk is not asked again to sync a file that it failed to sync", async () => {
  const { disk, store } = await storeWithOne();
  const failed = new Set<string>();
  disk.before = (operation, path) => {
    if (operation !== "sync") return;
    assert.ok(!failed.has(path), `${path} is synced again`);
    failed.add(path);
    throw diskError("EIO", path);
  };
  await rejectsCode("MR_CHECKPOINT_STORAGE", takeCheckpoint(disk, store, 2));
  assert.equal(failed.size, 1);
});

test("a machine that dies at any moment comes back with the last checkpoint or the next", async () => {
  const operations = await countOperations();
  const found = new Set<number>();
  const random = createPrng(7);
  for (let run = 0; run <= operations * 6; ++run) {
    const failing = run % (operations + 1);
    const { disk, processes, store } = await storeWithOne();
    failAt(disk, failing, { isForGood: true });
    const isComplete = await takeCheckpoint(disk, store, 2).then(
      () => true,
      () => false,
    );
    await store.retain(1).catch(() => undefined);
    heal(disk);
    // First a disk that loses all it may, then some that keep a part of it.
    disk.crash(run <= operations ? () => false : () => random.nextInt(2) === 0);
    processes.killAll();
    const again = await openStore(disk, processes);
    const { checkpointId } = (await again.open("latest")).manifest;
    // What was said to be complete is there.
    if (isComplete) assert.equal(checkpointId, 2, `run ${run}, died at operation ${failing}`);
    found.add(checkpointId);
  }
  assert.deepEqual([...found].sort(), [1, 2]);
});

test("a process that is killed at any moment loses nothing that was complete", async () => {
  const operations = await countOperations();
  for (let failing = 0; failing <= operations; ++failing) {
    const { disk, processes, store } = await storeWithOne();
    failAt(disk, failing, { isForGood: true });
    const isComplete = await takeCheckpoint(disk, store, 2).then(
      () => true,
      () => false,
    );
    await store.retain(1).catch(() => undefined);
    heal(disk);
    processes.killAll();
    const again = await openStore(disk, processes);
    const { checkpointId } = (await again.open("latest")).manifest;
    assert.ok(isComplete ? checkpointId === 2 : checkpointId >= 1);
  }
});

test("a folder that may not be written to is an error that names it, and stays as it is", async () => {
  const { disk, processes, store } = await storeWithOne();
  const writing = new Set(["create", "makeFolder", "rename", "link", "remove"]);
  disk.before = (operation, path) => {
    if (writing.has(operation)) throw diskError("EACCES", path);
  };
  const error = await rejectsCode("MR_CHECKPOINT_STORAGE", store.create(2, null));
  assert.equal(error.details.path, `${FOLDER}/chk-2`);
  assert.match(error.message, /EACCES/);
  assert.equal((await store.open("latest")).manifest.checkpointId, 1);
  processes.killAll();
  await rejectsCode("MR_CHECKPOINT_STORAGE", openStore(disk, processes));
  heal(disk);
  assert.equal((await (await openStore(disk, processes)).open("latest")).manifest.checkpointId, 1);
});
