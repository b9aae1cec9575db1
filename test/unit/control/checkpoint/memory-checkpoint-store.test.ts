import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryCheckpointStore } from "../../../../control/checkpoint/memory-checkpoint-store.ts";
import { rejectsCode } from "../throws-code.ts";
import { testManifest } from "./test-manifest.ts";

test("checkpoints in memory are kept, found and subsumed as those on disk are", async () => {
  const store = new MemoryCheckpointStore();
  await rejectsCode("MR_SNAPSHOT_NOT_FOUND", store.open("latest"));
  for (const id of [1, 2, 10]) {
    assert.equal(await store.create(id, null), null);
    await store.complete(testManifest(id, []));
  }
  await store.create(11, null);
  await store.discard(11);
  assert.equal(store.lastCheckpointId, 11);
  assert.equal((await store.open("latest")).manifest.checkpointId, 10);
  await store.retain(2);
  assert.deepEqual(await store.list(), [
    { checkpointId: 2, path: "memory:chk-2" },
    { checkpointId: 10, path: "memory:chk-10" },
  ]);
  assert.equal((await store.open("memory:chk-2")).manifest.checkpointId, 2);
  await rejectsCode("MR_SNAPSHOT_NOT_FOUND", store.open("memory:chk-1"));
  await store.discard(10);
  assert.equal((await store.open("latest")).manifest.checkpointId, 2);
  await store.retain(0);
  assert.deepEqual(await store.list(), []);
  await store.close();
});
