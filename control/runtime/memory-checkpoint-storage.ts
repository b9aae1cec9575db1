/** Checkpoints that end with the job; savepoints are files all the same. */
import { resolve } from "node:path";
import type { SubtaskState } from "../../dataplane/protocol/checkpoint.ts";
import type { SnapshotAccess } from "../../dataplane/snapshot/state-file-reader.ts";
import { MemoryCheckpointStore } from "../checkpoint/memory-checkpoint-store.ts";
import { readSnapshot } from "../checkpoint/read-snapshot.ts";
import {
  completeSnapshotFolder,
  createSnapshotFolder,
  discardSnapshotFolder,
  savepointPath,
} from "../checkpoint/snapshot-folder.ts";
import type { SubtaskId } from "../checkpoint/topology.ts";
import type { Clock } from "../common/clock.ts";
import { type JobFacts, manifestOf, storedCheckpoint } from "./checkpoint-manifest.ts";
import type {
  CheckpointStorage,
  FinishedCheckpoint,
  StoredCheckpoint,
} from "./checkpoint-storage.ts";
import { stateFilesOf } from "./state-files.ts";

interface Savepoint {
  readonly path: string;
  /** Of its state files, while it is under way. */
  readonly folder: string;
}

export class MemoryCheckpointStorage implements CheckpointStorage {
  readonly #access: SnapshotAccess;
  readonly #facts: JobFacts;
  readonly #clock: Clock;
  readonly #store = new MemoryCheckpointStore<SubtaskState>();
  /** Under way. */
  readonly #savepoints = new Map<number, Savepoint>();
  /** Of those that complete() and open() have answered. */
  readonly #paths = new Map<number, string>();

  constructor(access: SnapshotAccess, facts: JobFacts, clock: Clock) {
    this.#access = access;
    this.#facts = facts;
    this.#clock = clock;
  }

  get lastCheckpointId(): number {
    return this.#store.lastCheckpointId;
  }

  connect(): null {
    return null;
  }

  async begin(checkpointId: number, savepointFolder: string | null): Promise<void> {
    await this.#store.create(checkpointId, null);
    if (savepointFolder === null) return;
    const path = savepointPath(resolve(savepointFolder), this.#facts.jobId, checkpointId);
    const folder = await createSnapshotFolder(this.#access.fileSystem, path);
    this.#savepoints.set(checkpointId, { path, folder });
  }

  async complete(checkpoint: FinishedCheckpoint): Promise<string> {
    const { checkpointId } = checkpoint;
    const savepoint = this.#savepoints.get(checkpointId);
    const path =
      savepoint === undefined
        ? await this.#keep(checkpoint)
        : await this.#write(checkpoint, savepoint);
    this.#savepoints.delete(checkpointId);
    this.#paths.set(checkpointId, path);
    return path;
  }

  async discard(checkpointId: number): Promise<void> {
    const savepoint = this.#savepoints.get(checkpointId);
    this.#savepoints.delete(checkpointId);
    await this.#store.discard(checkpointId);
    if (savepoint !== undefined) {
      await discardSnapshotFolder(this.#access.fileSystem, savepoint.path);
    }
  }

  open(path: string): Promise<StoredCheckpoint> {
    return this.#read(path, "blocks");
  }

  async load(checkpointId: number): Promise<StoredCheckpoint> {
    const path = this.#paths.get(checkpointId);
    if (path === undefined) throw new TypeError(`checkpoint ${checkpointId} was never complete`);
    return this.#read(path, "files");
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #read(path: string, thoroughness: "files" | "blocks"): Promise<StoredCheckpoint> {
    const opened = this.#store.answers(path)
      ? await this.#store.open(path)
      : await readSnapshot(this.#access, resolve(path), thoroughness);
    this.#paths.set(opened.manifest.checkpointId, opened.path);
    return storedCheckpoint(this.#access, opened);
  }

  async #keep(checkpoint: FinishedCheckpoint): Promise<string> {
    const states = new Map<SubtaskId, SubtaskState>();
    for (const [subtask, state] of checkpoint.states) {
      if (state !== null) states.set(subtask, state);
    }
    const manifest = manifestOf(this.#facts, checkpoint, states, this.#clock.now());
    return (await this.#store.complete(manifest)).path;
  }

  async #write(checkpoint: FinishedCheckpoint, { path, folder }: Savepoint): Promise<string> {
    const { checkpointId, states } = checkpoint;
    const location = { checkpointId, folder, compress: false };
    const files = await stateFilesOf(this.#access, location, states);
    const manifest = manifestOf(this.#facts, checkpoint, files, this.#clock.now());
    await completeSnapshotFolder(this.#access, path, manifest);
    return path;
  }
}
