import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SnapshotThreadHost } from "../../../../control/runtime/snapshot-thread-host.ts";
import { Crc32c } from "../../../../dataplane/memory/crc32c.ts";
import { nodeFileSystem } from "../../../../dataplane/snapshot/node-file-system.ts";
import { PortSnapshotOutputs } from "../../../../dataplane/snapshot/port-snapshot-outputs.ts";
import { SNAPSHOT_WINDOW_BYTES } from "../../../../dataplane/snapshot/snapshot-output.ts";
import { StateFileReader } from "../../../../dataplane/snapshot/state-file-reader.ts";
import {
  contentsOf,
  fakeBatch,
  handOver,
  LONG_TYPE,
  readAll,
  SMALL_BLOCKS,
} from "../../../oracle/state-blocks.ts";
import { rejectsCode } from "../throws-code.ts";

const access = { fileSystem: nodeFileSystem, crc32c: await Crc32c.create() };
const folder = mkdtempSync(join(tmpdir(), "millrace-snapshots-"));
after(() => rmSync(folder, { recursive: true }));

const BIG = {
  kind: "rows" as const,
  operatorId: "sum",
  type: LONG_TYPE,
  batch: fakeBatch(1, 1_000_000, 3),
  firstKeyGroup: 0,
  lastKeyGroup: 127,
};

test("slots write state by a thread of their job, many files at a time", async () => {
  const thread = new SnapshotThreadHost();
  await thread.begin({ checkpointId: 3, folder, compress: false });
  const slots = [thread.connect(), thread.connect()].map((port) => new PortSnapshotOutputs(port));
  const outputs = Array.from({ length: 6 }, (_, index) => {
    const output = slots[index % 2]?.open(3, `v-${index}.state`);
    assert.ok(output !== undefined);
    return output;
  });
  for (const output of outputs) {
    handOver(output, SMALL_BLOCKS);
    handOver(output, [BIG]);
  }
  const states = await Promise.all(outputs.map((output) => output.finish()));
  for (const state of states) {
    assert.ok(state !== null);
    const reader = await StateFileReader.open(access, state);
    const contents = await readAll(reader.contents());
    await reader.close();
    assert.deepEqual(contents, contentsOf([...SMALL_BLOCKS, BIG]));
  }
  assert.equal(new Set(states.map((state) => state?.file)).size, 6);
  await thread.destroy();
});

test("a batch of a buffer of its own is handed over, not copied", async () => {
  const thread = new SnapshotThreadHost();
  await thread.begin({ checkpointId: 1, folder, compress: false });
  const output = new PortSnapshotOutputs(thread.connect()).open(1, "moved.state");
  const batch = fakeBatch(1, 64, 3);
  output.rows("sum", LONG_TYPE, batch, 0, 0);
  assert.equal(batch.length, 0);
  const shared = fakeBatch(1, 640, 3).subarray(0, 128);
  output.rows("sum", LONG_TYPE, shared, 0, 0);
  assert.equal(shared.length, 128);
  await output.finish();
  await thread.destroy();
});

test("whoever is faster than the disk waits for room, and an aborted file is removed", async () => {
  const thread = new SnapshotThreadHost();
  await thread.begin({ checkpointId: 1, folder, compress: false });
  const output = new PortSnapshotOutputs(thread.connect()).open(1, "aborted.state");
  let handed = 0;
  for (; output.room() === null; handed += BIG.batch.length) handOver(output, [BIG]);
  assert.ok(handed >= SNAPSHOT_WINDOW_BYTES && handed < 2 * SNAPSHOT_WINDOW_BYTES);
  await output.room();
  assert.equal(output.room(), null);
  await output.abort();
  assert.equal(output.room(), null);
  assert.ok(!readdirSync(folder).includes("aborted.state"));
  await thread.destroy();
});

test("a checkpoint that is not under way, or any more, gets no files", async () => {
  const thread = new SnapshotThreadHost();
  const slot = new PortSnapshotOutputs(thread.connect());
  const unknown = slot.open(7, "unknown.state");
  handOver(unknown, SMALL_BLOCKS);
  await rejectsCode("MR_CHECKPOINT_STORAGE", unknown.finish());
  await thread.begin({ checkpointId: 7, folder, compress: false });
  thread.end(7);
  await thread.begin({ checkpointId: 8, folder, compress: false });
  await rejectsCode("MR_CHECKPOINT_STORAGE", slot.open(7, "late.state").finish());
  assert.equal(await slot.open(8, "empty.state").finish(), null);
  await thread.destroy();
});

test("what the disk says comes back to the subtask", async () => {
  const thread = new SnapshotThreadHost();
  const missing = join(folder, "missing");
  await thread.begin({ checkpointId: 1, folder: missing, compress: false });
  const output = new PortSnapshotOutputs(thread.connect()).open(1, "a.state");
  handOver(output, SMALL_BLOCKS);
  const error = await rejectsCode("MR_CHECKPOINT_STORAGE", output.finish());
  assert.equal(error.details.path, join(missing, "a.state"));
  assert.match(error.message, /ENOENT/);
  await thread.destroy();
});

test("a thread that ends fails what it had begun, and whatever is asked of it", async () => {
  const thread = new SnapshotThreadHost();
  await thread.begin({ checkpointId: 1, folder, compress: false });
  const slot = new PortSnapshotOutputs(thread.connect());
  const output = slot.open(1, "lost.state");
  handOver(output, SMALL_BLOCKS);
  await thread.destroy();
  await rejectsCode("MR_CHECKPOINT_STORAGE", output.finish());
  await rejectsCode("MR_CHECKPOINT_STORAGE", slot.open(1, "later.state").finish());
  await rejectsCode(
    "MR_CHECKPOINT_STORAGE",
    thread.begin({ checkpointId: 2, folder, compress: false }),
  );
});
