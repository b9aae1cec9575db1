/**
 * The files of one bucket in one subtask: one in progress, and those that are closed and wait for the
 * next checkpoint to make them pending (after Flink's FileWriterBucket).
 *
 * Invariants: at most one file is in progress; #work, while it is not null, opens the next one, and
 * nothing is written meanwhile; what is in #closing and #closed is in nobody's snapshot but ours.
 */
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { crashPoint } from "../protocol/crash-point.ts";
import { makeDirectory, syncDirectory } from "./durable-files.ts";
import type { FileCommittable } from "./file-committer.ts";
import type { FileCompactor, FileCompactStrategy } from "./file-compaction.ts";
import type { OutputFileConfig } from "./output-file-config.ts";
import { PartFile } from "./part-file.ts";
import type { PartFileInfo, RollingPolicy } from "./rolling-policy.ts";

export interface BucketOptions {
  readonly directory: string;
  readonly policy: RollingPolicy<unknown>;
  readonly names: OutputFileConfig;
  /** null = off. */
  readonly compaction: Compaction | null;
  /** ms since the epoch. */
  now(): number;
}

export interface Compaction {
  readonly strategy: FileCompactStrategy;
  readonly compactor: FileCompactor;
}

/** What a snapshot has of a bucket. Paths are relative to the sink's directory. */
export interface FileWriterBucketState {
  readonly bucketId: string;
  readonly inProgress: InProgressState | null;
  /** Closed files that wait to be compacted, and the checkpoints they have waited for. */
  readonly toCompact: readonly FileCommittable[];
  readonly checkpoints: number;
}

interface InProgressState {
  readonly tempPath: string;
  readonly path: string;
  readonly length: number;
  readonly creationTimeMs: number;
}

/** A file in progress. */
interface Part extends PartFileInfo {
  readonly file: PartFile;
  readonly tempPath: string;
  readonly path: string;
  readonly creationTimeMs: number;
  lastUpdateMs: number;
}

export class FileWriterBucket {
  readonly bucketId: string;
  readonly #options: BucketOptions;
  readonly #id: string = randomUUID();
  #count = 0;
  #part: Part | null = null;
  #work: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #closing: Promise<FileCommittable>[] = [];
  #toCompact: FileCommittable[] = [];
  #checkpoints = 0;
  #isNew = false;

  constructor(bucketId: string, options: BucketOptions) {
    this.bucketId = bucketId;
    this.#options = options;
  }

  /** There is nothing that a checkpoint has to know of. */
  get isIdle(): boolean {
    return this.#part === null && this.#closing.length === 0 && this.#toCompact.length === 0;
  }

  /** Takes over what a snapshot had, beside what it has already. */
  async restore({ inProgress, toCompact, checkpoints }: FileWriterBucketState): Promise<void> {
    this.#toCompact.push(...toCompact);
    this.#checkpoints = Math.max(this.#checkpoints, checkpoints);
    if (inProgress === null) return;
    const { tempPath, path, length, creationTimeMs } = inProgress;
    const file = await resumed(this.#at(tempPath), length);
    crashPoint("file-sink/resumed");
    this.#close();
    this.#part = new OpenPart({ ...this.#place(tempPath, path), file, creationTimeMs });
  }

  /**
   * The buffer to write `bytes` of `element` to, from `bufferLength` on; null = wait for whenRoom().
   * A file that has no record yet takes it, whatever the policy says.
   */
  reserve(bytes: number, element: unknown): Buffer | null {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#work !== null) return null;
    const part = this.#part;
    const isFull =
      part !== null && part.getSize() > 0 && this.#options.policy.shouldRollOnEvent(part, element);
    if (part === null || isFull) {
      this.#close();
      this.#startOpening();
      return null;
    }
    return part.file.reserve(bytes);
  }

  get bufferLength(): number {
    return this.#part?.file.length ?? 0;
  }

  commit(bufferLength: number, nowMs: number): void {
    const part = this.#part;
    if (part === null) throw new TypeError("no file is in progress");
    part.lastUpdateMs = nowMs;
    part.file.commit(bufferLength);
  }

  whenRoom(): Promise<void> {
    return this.#work ?? this.#part?.file.whenRoom() ?? Promise.resolve();
  }

  onProcessingTime(nowMs: number): void {
    const part = this.#part;
    if (part !== null && this.#options.policy.shouldRollOnProcessingTime(part, nowMs)) {
      this.#close();
    }
  }

  /** Hands what was written to the system. */
  async flush(): Promise<void> {
    await this.#part?.file.flush("written");
  }

  /** Closes the file in progress if it is due, and gets everything on disk that was written. */
  async prepareCommit(when: "checkpoint" | "end"): Promise<readonly FileCommittable[]> {
    const part = this.#part;
    const isDue =
      part !== null && (when === "end" || this.#options.policy.shouldRollOnCheckpoint(part));
    if (isDue) this.#close();
    await this.#part?.file.flush("synced");
    const closing = this.#closing;
    this.#closing = [];
    const closed = await Promise.all(closing);
    if (this.#isNew) await syncDirectory(join(this.#options.directory, this.bucketId));
    this.#isNew = false;
    const { compaction } = this.#options;
    return compaction === null ? closed : this.#compact(closed, compaction, when);
  }

  /** After prepareCommit(). */
  snapshotState(): FileWriterBucketState {
    const part = this.#part;
    const inProgress = part && {
      tempPath: part.tempPath,
      path: part.path,
      length: part.getSize(),
      creationTimeMs: part.creationTimeMs,
    };
    const { bucketId } = this;
    return {
      ...{ bucketId, inProgress, toCompact: [...this.#toCompact] },
      checkpoints: this.#checkpoints,
    };
  }

  /** Files stay as they are: a snapshot may know them. */
  async dispose(): Promise<void> {
    await this.#work;
    await this.#part?.file.close();
    await Promise.allSettled(this.#closing);
  }

  #close(): void {
    const part = this.#part;
    if (part === null) return;
    this.#part = null;
    const closing = closePart(part, this.bucketId);
    // Its failure is for prepareCommit() to report.
    closing.catch(() => undefined);
    this.#closing.push(closing);
  }

  #startOpening(): void {
    this.#work = this.#open().then(
      () => {
        this.#work = null;
      },
      (error: unknown) => {
        this.#failure = { error };
        this.#work = null;
      },
    );
  }

  async #open(): Promise<void> {
    const { names, now } = this.#options;
    const name = `${names.getPartPrefix()}-${this.#id}-${this.#count}${names.getPartSuffix()}`;
    const path = join(this.bucketId, name);
    const tempPath = tempPathOf(path);
    this.#count += 1;
    await makeDirectory(this.#at(this.bucketId));
    const file = await PartFile.create(this.#at(tempPath));
    crashPoint("file-sink/created");
    this.#isNew = true;
    this.#part = new OpenPart({ ...this.#place(tempPath, path), file, creationTimeMs: now() });
  }

  async #compact(
    closed: readonly FileCommittable[],
    { strategy, compactor }: Compaction,
    when: "checkpoint" | "end",
  ): Promise<readonly FileCommittable[]> {
    this.#toCompact.push(...closed);
    const files = this.#toCompact;
    const [first] = files;
    if (first === undefined) return [];
    this.#checkpoints += 1;
    const bytes = files.reduce((sum, { length }) => sum + length, 0);
    if (when !== "end" && !strategy.isDue(bytes, this.#checkpoints)) return [];
    this.#toCompact = [];
    this.#checkpoints = 0;
    if (files.length === 1) return files;
    const path = join(this.bucketId, `compacted-${basename(first.path)}`);
    const tempPath = tempPathOf(path);
    const compacted = files.map((file) => file.tempPath);
    await compactor.compact(
      compacted.map((file) => this.#at(file)),
      this.#at(tempPath),
    );
    const { size: length } = await stat(this.#at(tempPath));
    const file = await PartFile.resume(this.#at(tempPath), length);
    await file.flush("synced");
    await file.close();
    await syncDirectory(dirname(this.#at(tempPath)));
    return [{ bucketId: this.bucketId, tempPath, path, length, compacted }];
  }

  #place(tempPath: string, path: string): Pick<PartOptions, "bucketId" | "tempPath" | "path"> {
    return { bucketId: this.bucketId, tempPath, path };
  }

  #at(path: string): string {
    return join(this.#options.directory, path);
  }
}

/** A name that readers pass over, and that no other attempt at the same file has. */
function tempPathOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.inprogress.${randomUUID()}`);
}

/** Errors: says why a file may be gone. */
async function resumed(path: string, length: number): Promise<PartFile> {
  try {
    return await PartFile.resume(path, length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const why = "removed, or finished after the snapshot that is restored was taken";
    throw new Error(`${path}, which was in progress, is gone: it was ${why}`, { cause: error });
  }
}

async function closePart(
  { file, tempPath, path }: Part,
  bucketId: string,
): Promise<FileCommittable> {
  const length = file.size;
  try {
    await file.flush("synced");
  } finally {
    await file.close();
  }
  crashPoint("file-sink/closed");
  return { bucketId, tempPath, path, length };
}

interface PartOptions {
  readonly bucketId: string;
  readonly file: PartFile;
  readonly tempPath: string;
  readonly path: string;
  readonly creationTimeMs: number;
}

class OpenPart implements Part {
  readonly file: PartFile;
  readonly tempPath: string;
  readonly path: string;
  readonly creationTimeMs: number;
  lastUpdateMs: number;
  readonly #bucketId: string;

  constructor({ bucketId, file, tempPath, path, creationTimeMs }: PartOptions) {
    this.#bucketId = bucketId;
    this.file = file;
    this.tempPath = tempPath;
    this.path = path;
    this.creationTimeMs = creationTimeMs;
    this.lastUpdateMs = creationTimeMs;
  }

  getBucketId(): string {
    return this.#bucketId;
  }

  getCreationTime(): number {
    return this.creationTimeMs;
  }

  getSize(): number {
    return this.file.size;
  }

  getLastUpdateTime(): number {
    return this.lastUpdateMs;
  }
}
