/** State of harnesses in snapshot files, as jobs write it, and back. */

import { FileSystemCheckpointStore } from "../../../../control/checkpoint/file-system-checkpoint-store.ts";
import type { CheckpointManifest } from "../../../../control/checkpoint/manifest.ts";
import { systemProcesses } from "../../../../control/checkpoint/process-owner.ts";
import type { HarnessSnapshot } from "../../../../control/testing.ts";
import {
  LocalSnapshotOutputs,
  stateFileName,
} from "../../../../dataplane/snapshot/snapshot-outputs.ts";
import type { SnapshotAccess } from "../../../../dataplane/snapshot/state-file-reader.ts";
import { StateFileReader } from "../../../../dataplane/snapshot/state-file-reader.ts";

const MAX_PARALLELISM = 128;

/** A savepoint in `folder`, a vertex per harness. */
export async function writeSavepoint(
  access: SnapshotAccess,
  folder: string,
  harnesses: Readonly<Record<string, HarnessSnapshot>>,
): Promise<string> {
  const jobId = "f1".repeat(16);
  const store = await FileSystemCheckpointStore.open({
    ...access,
    processes: systemProcesses,
    folder,
    jobId,
  });
  const files = await store.create(1, folder);
  const outputs = new LocalSnapshotOutputs(access);
  outputs.begin({ checkpointId: 1, folder: files, compress: true });
  const vertices: CheckpointManifest["vertices"][number][] = [];
  for (const [id, { operators }] of Object.entries(harnesses)) {
    const output = outputs.open(1, stateFileName(id, 0, 1));
    for (const { operatorId, type, batches } of operators) {
      for (const batch of type === null ? [] : batches) {
        const bytes = new Uint8Array(Buffer.from(batch, "base64"));
        if (type !== null) output.rows(operatorId, type, bytes, 0, MAX_PARALLELISM);
      }
    }
    output.operatorState(operators[0]?.operatorId ?? id, [
      { name: "positions", mode: "split", values: [{ file: `${id}.txt`, offset: 17n }] },
    ]);
    vertices.push({
      id,
      name: id,
      parallelism: 1,
      maxParallelism: MAX_PARALLELISM,
      operators: operators.map(({ operatorId, kind, engine }) => ({
        id: operatorId,
        uid: `${id}-uid`,
        name: `${id} operator`,
        kind,
        engine,
      })),
      subtasks: [{ isFinished: false, state: await output.finish() }],
    });
  }
  const { path } = await store.complete({
    type: "savepoint",
    checkpointId: 1,
    jobId,
    jobName: "fixture",
    triggeredMs: 1_764_000_000_000,
    completedMs: 1_764_000_000_020,
    vertices,
    enumerators: [{ operatorId: "source", state: { next: 3n, seen: new Set(["a", "b"]) } }],
  });
  await store.close();
  return path;
}

/** What the option `restore` of the vertex's harness takes. */
export async function harnessState(
  access: SnapshotAccess,
  manifest: CheckpointManifest,
  vertexId: string,
): Promise<HarnessSnapshot> {
  const vertex = manifest.vertices.find(({ id }) => id === vertexId);
  const state = vertex?.subtasks[0]?.state;
  if (vertex === undefined || state === null || state === undefined) {
    throw new Error(`there is no state of ${vertexId}`);
  }
  const reader = await StateFileReader.open(access, state);
  const operators: HarnessSnapshot["operators"][number][] = [];
  for (const { id, kind, engine } of vertex.operators) {
    const batches: string[] = [];
    let type: HarnessSnapshot["operators"][number]["type"] = null;
    for await (const content of reader.contents({ operatorIds: new Set([id]) })) {
      if (content.kind !== "rows") continue;
      type = content.type;
      batches.push(Buffer.from(content.batch).toString("base64"));
    }
    const { maxParallelism } = vertex;
    operators.push({ operatorId: id, kind, engine, maxParallelism, type, batches });
  }
  await reader.close();
  return { version: 1, operators };
}
