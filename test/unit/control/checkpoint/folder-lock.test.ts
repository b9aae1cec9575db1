import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { FolderLock } from "../../../../control/checkpoint/folder-lock.ts";
import { systemProcesses } from "../../../../control/checkpoint/process-owner.ts";
import { MemoryDisk } from "../../../oracle/memory-disk.ts";
import { rejectsCode } from "../throws-code.ts";
import { failAt, heal, TestProcesses } from "./store-on-disk.ts";

const FOLDER = "/jobs";

async function emptyDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.makeFolder(FOLDER);
  return disk;
}

test("a folder has one owner at a time; who released it or died is followed by the next", async () => {
  const disk = await emptyDisk();
  const processes = new TestProcesses();
  const first = await FolderLock.acquire(disk, FOLDER, processes);
  const error = await rejectsCode(
    "MR_CHECKPOINT_FOLDER_IN_USE",
    FolderLock.acquire(disk, FOLDER, processes),
  );
  assert.deepEqual(error.details, {
    folder: FOLDER,
    pid: 1,
    host: "here",
    file: "/jobs/lock-1",
  });
  await first.release();
  await FolderLock.acquire(disk, FOLDER, processes);
  await rejectsCode("MR_CHECKPOINT_FOLDER_IN_USE", FolderLock.acquire(disk, FOLDER, processes));
  processes.killAll();
  await FolderLock.acquire(disk, FOLDER, processes);
  assert.deepEqual(await disk.list(FOLDER), ["lock-3"]);
});

test("of many that take over from a dead owner at once, one gets the folder", async () => {
  const disk = await emptyDisk();
  const processes = new TestProcesses();
  await FolderLock.acquire(disk, FOLDER, processes);
  processes.killAll();
  for (let round = 0; round < 20; ++round) {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => FolderLock.acquire(disk, FOLDER, processes)),
    );
    const refused = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason.code] : [],
    );
    assert.deepEqual(refused, new Array(7).fill("MR_CHECKPOINT_FOLDER_IN_USE"));
    if (round % 2 === 0) processes.killAll();
    else
      for (const result of results) if (result.status === "fulfilled") await result.value.release();
  }
});

test("a process that dies while it takes the folder does not keep it", async () => {
  for (let failing = 0; failing < 12; ++failing) {
    const disk = await emptyDisk();
    const processes = new TestProcesses();
    failAt(disk, failing, { isForGood: true });
    await FolderLock.acquire(disk, FOLDER, processes).catch(() => undefined);
    heal(disk);
    processes.killAll();
    await FolderLock.acquire(disk, FOLDER, processes);
    assert.equal((await disk.list(FOLDER)).length, 1);
  }
});

test("a lock that cannot be read, or of another machine, is respected", async () => {
  const disk = await emptyDisk();
  await FolderLock.acquire(disk, FOLDER, systemProcesses);
  for (const text of ['{"pid":', "{}", '{"pid":1,"host":"another","startedAt":null,"token":"t"}']) {
    disk.overwrite("/jobs/lock-1", Buffer.from(text));
    await rejectsCode(
      "MR_CHECKPOINT_FOLDER_IN_USE",
      FolderLock.acquire(disk, FOLDER, systemProcesses),
    );
  }
});

test("a process of this machine is alive until it ends, and a later one of its number is another", async () => {
  const self = systemProcesses.self();
  assert.equal(systemProcesses.isAlive(self), true);
  if (process.platform === "linux") {
    assert.equal(systemProcesses.isAlive({ ...self, startedAt: "boot 1" }), false);
  }
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const { pid } = child;
  assert.ok(pid !== undefined);
  const owner = { ...self, pid, startedAt: null };
  assert.equal(systemProcesses.isAlive(owner), true);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(systemProcesses.isAlive(owner), false);
});
