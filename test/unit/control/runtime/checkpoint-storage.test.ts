/** Where checkpoints of a job go, in memory and in files, and what they are good for afterwards. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { JobGraph } from "../../../../control/plan/job-graph.ts";
import { checkRestorable } from "../../../../control/runtime/check-restorable.ts";
import type {
  CheckpointStorage,
  StoredCheckpoint,
} from "../../../../control/runtime/checkpoint-storage.ts";
import { openCheckpointStorage } from "../../../../control/runtime/open-checkpoint-storage.ts";
import type {
  MemorySubtaskState,
  SubtaskState,
} from "../../../../dataplane/protocol/checkpoint.ts";
import { slotStorage } from "../../../../dataplane/worker/checkpoint/slot-storage.ts";
import { fakeBatch, LONG_TYPE } from "../../../oracle/state-blocks.ts";
import { rejectsCode, throwsCode } from "../throws-code.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-storage-"));
after(() => rmSync(folder, { recursive: true }));

/** A source with its sink, and a sum of two subtasks. */
const graph = {
  vertices: [
    {
      id: "v",
      name: "source -> sink",
      parallelism: 1,
      maxParallelism: 128,
      operators: [
        { id: "source", uid: null, name: "numbers", kind: "source", engine: "js" },
        { id: "sink", uid: null, name: "sink", kind: "sink", engine: "js" },
      ],
    },
    {
      id: "w",
      name: "sum",
      parallelism: 2,
      maxParallelism: 128,
      operators: [
        {
          id: "sum",
          uid: "my-sum",
          name: "sum",
          kind: "rolling",
          engine: "wasm",
          key: { kind: "fields", fields: [0] },
          inputType: {
            record: { kind: "TUPLE", fields: [{ kind: "STRING" }, { kind: "LONG" }] },
            key: null,
          },
        },
      ],
    },
  ],
} as unknown as JobGraph;

function open(directory: string | null): Promise<CheckpointStorage> {
  const jobId = "0123456789abcdef0123456789abcdef";
  return openCheckpointStorage({ directory, jobId, jobName: "job", graph });
}

const SUM: MemorySubtaskState = {
  kind: "memory",
  rows: [
    {
      operatorId: "sum",
      type: LONG_TYPE,
      batch: fakeBatch(3, 64, 7),
      firstKeyGroup: 0,
      lastKeyGroup: 63,
    },
  ],
  operatorState: [],
};
const SINK: MemorySubtaskState = {
  kind: "memory",
  rows: [],
  operatorState: [
    { operatorId: "source", entries: [{ name: "splits", mode: "split", values: [] }] },
    { operatorId: "sink", entries: [{ name: "files", mode: "union", values: ["part-0"] }] },
  ],
};

/** As slots hand states over: by reports, or by the storage's port. */
async function handOver(
  snapshots: ReturnType<typeof slotStorage>,
  checkpointId: number,
  address: { readonly vertexId: string; readonly subtaskIndex: number },
  { rows, operatorState }: MemorySubtaskState,
): Promise<SubtaskState> {
  const output = snapshots.create(address, checkpointId);
  for (const { operatorId, type, batch, firstKeyGroup, lastKeyGroup } of rows) {
    output.rows(operatorId, type, batch.slice(), firstKeyGroup, lastKeyGroup);
  }
  for (const { operatorId, entries } of operatorState) output.operatorState(operatorId, entries);
  return (await output.finish()) ?? { kind: "memory", rows: [], operatorState: [] };
}

/** Subtask 0 of the sum has no state; subtask 1, as `last` says. */
async function take(
  storage: CheckpointStorage,
  checkpointId: number,
  savepoints: string | null = null,
  last: MemorySubtaskState | null = SUM,
): Promise<string> {
  await storage.begin(checkpointId, savepoints);
  const snapshots = slotStorage(storage.connect() ?? undefined);
  const at = (vertexId: string, subtaskIndex: number) => ({ vertexId, subtaskIndex });
  const none: MemorySubtaskState = { kind: "memory", rows: [], operatorState: [] };
  const states = new Map<string, SubtaskState | null>([
    ["v/0", await handOver(snapshots, checkpointId, at("v", 0), SINK)],
    ["w/0", await handOver(snapshots, checkpointId, at("w", 0), none)],
    ["w/1", last && (await handOver(snapshots, checkpointId, at("w", 1), last))],
  ]);
  const type = savepoints === null ? "checkpoint" : "savepoint";
  const enumerators = new Map([["source", { left: [checkpointId] }]]);
  return storage.complete({ checkpointId, type, triggeredMs: 5, states, enumerators });
}

/** What restored subtasks see of it. */
async function contentsOf({ checkpoint }: StoredCheckpoint): Promise<unknown[]> {
  const snapshots = slotStorage(undefined);
  const found: unknown[] = [];
  for (const state of checkpoint.vertices.flatMap(({ subtasks }) => subtasks)) {
    if (state === null) continue;
    const input = await snapshots.open(state);
    for (const id of ["source", "sink", "sum"]) {
      const entries = await input.operatorState(id);
      if (entries.length > 0) found.push(entries);
      for await (const { type, batch } of input.rows(id, () => true)) {
        found.push([type, new Uint8Array(batch)]);
      }
    }
    await input.close();
  }
  return found;
}

const CONTENTS = [
  SINK.operatorState[0]?.entries,
  SINK.operatorState[1]?.entries,
  [LONG_TYPE, fakeBatch(3, 64, 7)],
];

for (const kind of ["memory", "files"] as const) {
  const directory = kind === "memory" ? null : join(folder, "checkpoints");

  test(`a checkpoint comes back from ${kind}, and so does a savepoint`, async () => {
    const storage = await open(directory);
    const savepoints = join(folder, "savepoints", kind);
    const paths = [await take(storage, 1), await take(storage, 2, savepoints)];
    assert.match(paths[1] ?? "", /savepoint-012345-2$/);
    for (const [index, path] of paths.entries()) {
      const stored = await storage.open(path);
      assert.equal(stored.type, index === 0 ? "checkpoint" : "savepoint");
      assert.equal(stored.checkpoint.checkpointId, index + 1);
      assert.deepEqual([...stored.statefulOperators].sort(), ["sink", "source", "sum"]);
      assert.deepEqual(stored.checkpoint.enumerators.get("source"), { left: [index + 1] });
      assert.deepEqual(await contentsOf(stored), CONTENTS);
      assert.deepEqual(await storage.load(index + 1), stored);
    }
    assert.equal((await storage.open("latest")).checkpoint.checkpointId, 1);
    await storage.discard(1);
    await storage.discard(2);
    await rejectsCode("MR_SNAPSHOT_NOT_FOUND", storage.open("latest"));
    assert.equal((await storage.open(paths[1] ?? "")).type, "savepoint");
    await storage.close();
  });

  test(`subtasks that have finished are known from those without state in ${kind}`, async () => {
    const storage = await open(directory);
    const { checkpoint } = await storage.open(await take(storage, 11, null, null));
    const [, sums] = checkpoint.vertices;
    assert.deepEqual(sums?.subtasks, [{ kind: "memory", rows: [], operatorState: [] }, null]);
    await storage.close();
  });

  test(`what is given up leaves nothing in ${kind}, a savepoint neither`, async () => {
    const storage = await open(directory);
    const savepoints = join(folder, "given-up", kind);
    await storage.begin(21, null);
    await storage.begin(22, savepoints);
    await storage.discard(21);
    await storage.discard(22);
    assert.deepEqual(readdirSync(savepoints), []);
    assert.equal(storage.lastCheckpointId, 22);
    await storage.close();
  });
}

test("enumerators that were restored do not change what they were restored from", async () => {
  const storage = await open(null);
  await take(storage, 1);
  const state = (await storage.load(1)).checkpoint.enumerators.get("source");
  (state as { left: number[] }).left.push(9);
  const again = (await storage.load(1)).checkpoint.enumerators.get("source");
  assert.deepEqual(again, { left: [1] });
});

test("the next job of a folder finds the newest checkpoint and uses no id again", async () => {
  const directory = join(folder, "next");
  const first = await open(directory);
  await take(first, 4);
  await take(first, 5);
  await rejectsCode("MR_CHECKPOINT_FOLDER_IN_USE", open(directory));
  await first.close();
  const next = await open(directory);
  assert.equal(next.lastCheckpointId, 5);
  assert.equal((await next.open("latest")).checkpoint.checkpointId, 5);
  assert.deepEqual(readdirSync(directory).sort(), ["chk-4", "chk-5", "lock-2"]);
  await next.close();
});

test("a bit that has flipped is found by open(), and else where the block is used", async () => {
  const directory = join(folder, "flipped");
  const storage = await open(directory);
  const path = await take(storage, 1);
  const file = join(path, "w-1-1.state");
  const bytes = readFileSync(file);
  bytes[80] = (bytes[80] ?? 0) ^ 4;
  writeFileSync(file, bytes);
  const error = await rejectsCode("MR_SNAPSHOT_DAMAGED", storage.open("latest"));
  assert.match(error.message, /w-1-1\.state is refused: the checksum of the block at 16 is wrong/);
  const stored = await storage.load(1);
  await rejectsCode("MR_SNAPSHOT_DAMAGED", contentsOf(stored));
  await storage.close();
});

test("state of operators that a job has no more is refused by name, unless it may be left out", async () => {
  const storage = await open(null);
  await take(storage, 1);
  const stored = await storage.load(1);
  checkRestorable(stored, graph, false);
  const [vertex, other] = graph.vertices;
  const renamed = { ...other, operators: [{ ...other?.operators[0], id: "total" }] };
  const changed = { vertices: [vertex, renamed] } as unknown as JobGraph;
  const error = throwsCode("MR_CHECKPOINT_UNMATCHED_STATE", () =>
    checkRestorable(stored, changed, false),
  );
  assert.match(error.message, /sum \(uid my-sum\)\..*--allow-non-restored-state/);
  checkRestorable(stored, changed, true);
  const larger = { vertices: [vertex, { ...other, maxParallelism: 256 }] } as unknown as JobGraph;
  throwsCode("MR_CHECKPOINT_UNSUITABLE", () => checkRestorable(stored, larger, true));
});

test("a key of another type is refused with both types, where both are known", async () => {
  const storage = await open(null);
  await take(storage, 1);
  const stored = await storage.load(1);
  const [vertex, other] = graph.vertices;
  const withKey = (key: object) => {
    const operators = [{ ...other?.operators[0], ...key }];
    return { vertices: [vertex, { ...other, operators }] } as unknown as JobGraph;
  };
  const byTotal = withKey({ key: { kind: "fields", fields: [1] } });
  const error = throwsCode("MR_CHECKPOINT_UNSUITABLE", () =>
    checkRestorable(stored, byTotal, true),
  );
  assert.match(error.message, /operator sum .* type STRING, .* LONG here/);
  const [column, record] = [{ kind: "key-column" }, { kind: "GENERIC" }];
  const keyed = (key: object) => withKey({ key: column, inputType: { record, key } });
  checkRestorable(stored, keyed({ kind: "STRING" }), false);
  checkRestorable(stored, keyed({ kind: "BYTES" }), false);
  throwsCode("MR_CHECKPOINT_UNSUITABLE", () =>
    checkRestorable(stored, keyed({ kind: "TIMESTAMP" }), false),
  );
});
