/**
 * What snapshots need of a disk, so that tests can give them one that fills up, fails or forgets. Paths are
 * absolute. Every call rejects with an Error that has Node's `code` ("ENOSPC", "ENOENT", …).
 */
export interface WritableFile {
  /** All of the bytes, behind what was written before. */
  write(parts: readonly Uint8Array[]): Promise<void>;
  /** On disk when it is settled. After a failure the file is lost: never ask again. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface ReadableFile {
  readonly lengthBytes: number;
  /** `length` bytes from `offset`; fewer where the file ends. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export interface FileSystem {
  /** A new, empty file; EEXIST where there is one. */
  create(path: string): Promise<WritableFile>;
  open(path: string): Promise<ReadableFile>;
  /** Names of what is in a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** With those above it; the new ones survive a crash. None if it is there. */
  makeFolder(path: string): Promise<void>;
  /** Makes what was created, renamed and removed in a folder survive a crash. */
  syncFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; EEXIST where there is something of that name. */
  link(from: string, to: string): Promise<void>;
  /** A file, or a folder with all that is in it. None is no error. */
  remove(path: string): Promise<void>;
}

/** Node's code of a failed call; null = it is some other error. */
export function errorCodeOf(error: unknown): string | null {
  const code: unknown = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" ? code : null;
}
