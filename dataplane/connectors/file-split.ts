/** Splits of files: what the enumerator deals out and a reader's snapshot holds. Plain JSON. */

/**
 * Lines that start in the bytes [start, end) of a file. Compressed files are one split, and all
 * offsets count bytes of the decompressed text.
 */
export interface FileSplit {
  readonly path: string;
  readonly compression: Compression;
  readonly start: number;
  readonly end: number;
  /** Offset of the next unread line; `start` = nothing has been read. */
  readonly position: number;
}

export type Compression = "none" | "gzip";

export interface FoundFile {
  readonly path: string;
  readonly sizeBytes: number;
}

export const DEFAULT_SPLIT_BYTES = 16_777_216;
const MIN_DEFAULT_SPLIT_BYTES = 262_144;

/** End of a split whose length is not known before it is read. */
const UNKNOWN_END = Number.MAX_SAFE_INTEGER;

export function compressionOf(path: string): Compression {
  return /\.gz(ip)?$/i.test(path) ? "gzip" : "none";
}

/** Cuts files into ranges of at most `splitBytes`, in order. Empty files have none. */
export function cutFiles(files: readonly FoundFile[], splitBytes: number): readonly FileSplit[] {
  return files.flatMap((file) => cutFile(file, splitBytes));
}

function cutFile(file: FoundFile, splitBytes: number): FileSplit[] {
  const { path, sizeBytes } = file;
  const compression = compressionOf(path);
  if (sizeBytes === 0) return [];
  if (compression !== "none") {
    return [{ path, compression, start: 0, end: UNKNOWN_END, position: 0 }];
  }
  return Array.from({ length: Math.ceil(sizeBytes / splitBytes) }, (_, index) => {
    const start = index * splitBytes;
    const end = Math.min(start + splitBytes, sizeBytes);
    return { path, compression, start, end, position: start };
  });
}

/** 16 MiB, or less where that would leave some of `parallelism` readers without work, but 256 KiB at least. */
export function defaultSplitBytes(files: readonly FoundFile[], parallelism: number): number {
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const share = Math.max(Math.ceil(totalBytes / parallelism), MIN_DEFAULT_SPLIT_BYTES);
  return Math.min(share, DEFAULT_SPLIT_BYTES);
}
