/** What a snapshot holds, for people: operators, their states, how many keys and bytes. */
import { createRowReader } from "../../dataplane/formats/row-reader.ts";
import { BatchView } from "../../dataplane/memory/batch-view.ts";
import { Crc32c } from "../../dataplane/memory/crc32c.ts";
import { loadKernels } from "../../dataplane/memory/kernels-module.ts";
import { MemoryManager } from "../../dataplane/memory/memory-manager.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { BatchType } from "../../dataplane/protocol/deployment.ts";
import type { StateFile } from "../../dataplane/protocol/state-file.ts";
import { nodeFileSystem } from "../../dataplane/snapshot/node-file-system.ts";
import {
  type SnapshotAccess,
  type StateContent,
  StateFileReader,
} from "../../dataplane/snapshot/state-file-reader.ts";
import type { SnapshotOperator } from "./manifest.ts";
import { readSnapshot } from "./read-snapshot.ts";

export interface StateSummary {
  /** "" = the operator's own. */
  readonly name: string;
  readonly kind: "keyed" | "split" | "union" | "broadcast";
  /** Keyed: one per key and namespace (a window, say). Else values. */
  readonly entries: number;
  /** null = keys are no column of their own, or there are none. */
  readonly keys: number | null;
  readonly bytes: number;
}

export interface OperatorSummary extends SnapshotOperator {
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly states: readonly StateSummary[];
}

export interface SnapshotSummary {
  readonly path: string;
  readonly type: "checkpoint" | "savepoint";
  readonly checkpointId: number;
  readonly jobId: string;
  readonly jobName: string;
  /** ISO 8601. */
  readonly completedAt: string;
  /** Of all state files. */
  readonly bytes: number;
  readonly operators: readonly OperatorSummary[];
  /** Operator ids of sources whose enumerators have state. */
  readonly enumerators: readonly string[];
}

const MEMORY_BYTES = 2 ** 31;

/** Reads all of it. Errors: MR_SNAPSHOT_NOT_FOUND, MR_SNAPSHOT_DAMAGED, MR_SNAPSHOT_VERSION. */
export async function inspectSnapshot(path: string): Promise<SnapshotSummary> {
  const access: SnapshotAccess = { fileSystem: nodeFileSystem, crc32c: await Crc32c.create() };
  const { path: folder, manifest } = await readSnapshot(access, path, "files");
  const memory = TaskMemory.create(
    await loadKernels(),
    new MemoryManager(MEMORY_BYTES),
    "inspection",
  );
  const operators: OperatorSummary[] = [];
  let bytes = 0;
  for (const { operators: chained, parallelism, maxParallelism, subtasks } of manifest.vertices) {
    const counts = new StateCounts(memory);
    for (const { state } of subtasks) {
      if (state === null) continue;
      for (const file of [...(state.bases ?? []), state]) {
        bytes += file.lengthBytes;
        await countFile(access, file, counts);
      }
    }
    for (const operator of chained) {
      const states = counts.summaries(operator);
      operators.push({ ...operator, parallelism, maxParallelism, states });
    }
  }
  const { type, checkpointId, jobId, jobName, completedMs } = manifest;
  const enumerators = manifest.enumerators.map(({ operatorId }) => operatorId);
  const completedAt = new Date(completedMs).toISOString();
  return {
    path: folder,
    type,
    checkpointId,
    jobId,
    jobName,
    completedAt,
    bytes,
    operators,
    enumerators,
  };
}

async function countFile(
  access: SnapshotAccess,
  state: StateFile,
  counts: StateCounts,
): Promise<void> {
  const reader = await StateFileReader.open(access, state);
  try {
    for await (const content of reader.contents()) counts.add(content);
  } finally {
    await reader.close();
  }
}

interface Count {
  readonly operatorId: string;
  readonly name: string;
  readonly kind: StateSummary["kind"];
  entries: number;
  keys: Set<string> | null;
  bytes: number;
}

class StateCounts {
  readonly #memory: TaskMemory;
  readonly #counts = new Map<string, Count>();

  constructor(memory: TaskMemory) {
    this.#memory = memory;
  }

  add(content: StateContent): void {
    const { operatorId } = content;
    if (content.kind === "operator-state") {
      const { name, mode, values } = content.entry;
      this.#count(operatorId, name, mode).entries += values.length;
      return;
    }
    const { type, batch } = content;
    const ptr = this.#memory.alloc(batch.length);
    this.#memory.u8.set(batch, ptr);
    const view = BatchView.open(this.#memory, Schema.of(type), ptr);
    const entries = view.rowCount;
    this.#addRows(operatorId, type, view, batch.length / Math.max(1, entries));
    view.dispose();
    this.#memory.free(ptr, batch.length);
  }

  summaries({ id, kind: operatorKind }: SnapshotOperator): readonly StateSummary[] {
    // A key among the fields of a record cannot be told from others; but these have a row per key.
    const isRowPerKey = operatorKind === "rolling" || operatorKind === "reduce";
    return [...this.#counts.values()]
      .filter((count) => count.operatorId === id)
      .map(({ name, kind, entries, keys, bytes }) => ({
        name,
        kind,
        entries,
        keys: keys?.size ?? (isRowPerKey && kind === "keyed" ? entries : null),
        bytes: Math.round(bytes),
      }));
  }

  /** @param bytesPerRow a batch may have rows of several states */
  #addRows(operatorId: string, type: BatchType, view: BatchView, bytesPerRow: number): void {
    const reader = createRowReader(view.schema);
    reader.open(view);
    for (let row = 0; row < view.rowCount; ++row) {
      const name = hasStateNames(type) ? stateName(reader.read(row)) : "";
      const count = this.#count(operatorId, name, "keyed");
      count.entries += 1;
      count.bytes += bytesPerRow;
      if (type.key === null) continue;
      count.keys ??= new Set();
      count.keys.add(keyText(reader.readKey(row)));
    }
  }

  #count(operatorId: string, name: string, kind: Count["kind"]): Count {
    const place = JSON.stringify([operatorId, kind, name]);
    let count = this.#counts.get(place);
    if (count === undefined) {
      count = { operatorId, name, kind, entries: 0, keys: null, bytes: 0 };
      this.#counts.set(place, count);
    }
    return count;
  }
}

/** State of user functions: rows are [name, kind, namespace, value] behind their key in canonical bytes. */
function hasStateNames({ record, key }: BatchType): boolean {
  return record.kind === "GENERIC" && key?.kind === "BYTES";
}

function stateName(row: unknown): string {
  const [name] = Array.isArray(row) ? (row as unknown[]) : [];
  return typeof name === "string" ? name : "";
}

function keyText(key: unknown): string {
  return key instanceof Uint8Array ? Buffer.from(key).toString("latin1") : `${typeof key} ${key}`;
}
