/** The FileSystem of this machine. */
import { type FileHandle, link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { FileSystem, ReadableFile, WritableFile } from "./file-system.ts";

export const nodeFileSystem: FileSystem = {
  create: async (path) => new NodeWritableFile(await open(path, "wx")),
  open: async (path) => {
    const handle = await open(path, "r");
    try {
      return new NodeReadableFile(handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  },
  list: (folder) => readdir(folder),
  makeFolder: async (path) => {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) {
      await syncFolder(dirname(made));
    }
  },
  syncFolder,
  rename,
  link,
  // Again where a file was made in the meantime: a snapshot may be given up while it is written.
  remove: (path) => rm(path, { recursive: true, force: true, maxRetries: 3 }),
};

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

class NodeWritableFile implements WritableFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    let rest = parts.filter(({ length }) => length > 0);
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest);
      rest = behind(rest, bytesWritten);
    }
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** A disk that is nearly full takes less than it is given, without an error. */
function behind(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let left = written;
  let whole = 0;
  while (whole < parts.length && left >= (parts[whole]?.length ?? 0)) {
    left -= parts[whole]?.length ?? 0;
    ++whole;
  }
  const [first, ...rest] = parts.slice(whole);
  return first === undefined ? [] : [first.subarray(left), ...rest];
}

class NodeReadableFile implements ReadableFile {
  readonly #handle: FileHandle;
  readonly lengthBytes: number;

  constructor(handle: FileHandle, lengthBytes: number) {
    this.#handle = handle;
    this.lengthBytes = lengthBytes;
  }

  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    // Of its own, and not filled with zeros before it is filled with the file.
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.lengthBytes - offset)));
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await this.#handle.read(
        bytes,
        done,
        bytes.length - done,
        offset + done,
      );
      if (bytesRead === 0) return bytes.subarray(0, done);
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
