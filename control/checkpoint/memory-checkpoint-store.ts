/** Checkpoints that live as long as the job does: for restarts, not for crashes of the process. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { CheckpointStore, CompletedCheckpoint, OpenedSnapshot } from "./checkpoint-store.ts";
import { type CheckpointManifest, MANIFEST_FILE } from "./manifest.ts";

const PREFIX = "memory:chk-";

export class MemoryCheckpointStore<State> implements CheckpointStore<State> {
  readonly #manifests = new Map<number, CheckpointManifest<State>>();
  #lastCheckpointId = 0;

  get lastCheckpointId(): number {
    return this.#lastCheckpointId;
  }

  /** Whether it is open() here that knows what the path stands for. */
  answers(path: string): boolean {
    return path === "latest" || path.startsWith(PREFIX);
  }

  create(checkpointId: number, savepointFolder: string | null): Promise<null> {
    if (savepointFolder !== null) throw new TypeError("savepoints need a store with folders");
    this.#lastCheckpointId = Math.max(this.#lastCheckpointId, checkpointId);
    return Promise.resolve(null);
  }

  complete(manifest: CheckpointManifest<State>): Promise<CompletedCheckpoint> {
    const { checkpointId } = manifest;
    this.#manifests.set(checkpointId, manifest);
    return Promise.resolve({ checkpointId, path: `${PREFIX}${checkpointId}` });
  }

  discard(checkpointId: number): Promise<void> {
    this.#manifests.delete(checkpointId);
    return Promise.resolve();
  }

  async retain(retained: number): Promise<void> {
    const subsumed = (await this.list()).slice(0, retained === 0 ? undefined : -retained);
    for (const { checkpointId } of subsumed) this.#manifests.delete(checkpointId);
  }

  list(): Promise<readonly CompletedCheckpoint[]> {
    const ids = [...this.#manifests.keys()].sort((a, b) => a - b);
    return Promise.resolve(
      ids.map((checkpointId) => ({ checkpointId, path: `${PREFIX}${checkpointId}` })),
    );
  }

  async open(path: string): Promise<OpenedSnapshot<State>> {
    const known = await this.list();
    const found = path === "latest" ? known.at(-1) : known.find((entry) => entry.path === path);
    const manifest = this.#manifests.get(found?.checkpointId ?? -1);
    if (found !== undefined && manifest !== undefined) {
      // Enumerators go on with what they are given, and it may be asked for again.
      const enumerators = structuredClone(manifest.enumerators);
      return { path: found.path, manifest: { ...manifest, enumerators } };
    }
    const details = { path: path === "latest" ? "memory" : path, manifest: MANIFEST_FILE };
    throw new EngineError("MR_SNAPSHOT_NOT_FOUND", details);
  }

  close(): Promise<void> {
    this.#manifests.clear();
    return Promise.resolve();
  }
}
