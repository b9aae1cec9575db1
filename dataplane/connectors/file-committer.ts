/**
 * Makes finished files of pending ones: their names say which they are. In-progress and pending files
 * begin with a dot, which readers pass over; a rename makes all lines of a file visible at once.
 */
import { rename, rm, stat, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crashPoint } from "../protocol/crash-point.ts";
import { syncDirectory } from "./durable-files.ts";
import type { CommitAttempt, Committer } from "./sink.ts";

/** A pending file: closed, on disk, and not visible yet. Paths are relative to the sink's directory. */
export interface FileCommittable {
  readonly bucketId: string;
  readonly tempPath: string;
  readonly path: string;
  readonly length: number;
  /** Files that it was made of, to be removed. */
  readonly compacted?: readonly string[];
}

export class FileCommitter implements Committer<FileCommittable> {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** After a restore, a file that is gone was committed by then: somebody may have taken it away since. */
  async commit(committables: readonly FileCommittable[], attempt: CommitAttempt): Promise<void> {
    const touched = new Set<string>();
    for (const committable of committables) {
      const from = join(this.#directory, committable.tempPath);
      const to = join(this.#directory, committable.path);
      if (await this.#isReady(committable, from, to, attempt)) {
        crashPoint("file-sink/before-rename");
        await rename(from, to);
        crashPoint("file-sink/renamed");
      }
      for (const path of committable.compacted ?? []) {
        await rm(join(this.#directory, path), { force: true });
      }
      touched.add(dirname(to));
    }
    for (const directory of touched) {
      await syncDirectory(directory).catch((error: unknown) => ignoreMissing(error));
    }
    crashPoint("file-sink/committed");
  }

  close(): void {}

  /** false = it is committed already. */
  async #isReady(
    { length }: FileCommittable,
    from: string,
    to: string,
    attempt: CommitAttempt,
  ): Promise<boolean> {
    const size = await sizeOf(from);
    if (size === null) {
      if (attempt === "repeated" || (await sizeOf(to)) !== null) return false;
      throw new Error(`${from}, which is to become ${to}, is not there`);
    }
    if (size < length) throw new Error(`${from} has ${size} bytes; ${length} were written`);
    if (size > length) await truncate(from, length);
    return true;
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    ignoreMissing(error);
    return null;
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
