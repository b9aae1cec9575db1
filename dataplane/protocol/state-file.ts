/** The state of a subtask in a file (state-file-layout.ts), as its manifest knows it. */
export interface StateFile {
  readonly kind: "file";
  /** Where the file lies: of the snapshot while it is written, then of the manifest, which does not say it. */
  readonly folder: string;
  readonly file: string;
  readonly lengthBytes: number;
  /** Of its footer, which vouches for all of the file. */
  readonly crc32c: number;
  /**
   * Where this one has only what has changed: the files before it, the first one with everything, in the order
   * in which their rows are taken. Absent = it has everything.
   */
  readonly bases?: readonly StateFile[];
}
