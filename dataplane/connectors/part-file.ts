/**
 * Appends bytes to one file through two buffers: one is filled while the other is written.
 *
 * Invariants: #current is being filled, #spare is null while it is being written; writes follow each
 * other in order; after a failure nothing more is written and every later call reports it.
 */
import { type FileHandle, open } from "node:fs/promises";

const BUFFER_BYTES = 1_048_576;
/** A file that stays small gets on with less. */
const FIRST_BUFFER_BYTES = 65_536;

/** The second buffer before it is needed. */
const NO_BUFFER = Buffer.alloc(0);

export class PartFile {
  readonly #file: FileHandle;
  #current: Buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  #spare: Buffer | null = NO_BUFFER;
  #length = 0;
  /** Bytes handed to the system, or being handed to it. */
  #position: number;
  #writing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;

  private constructor(file: FileHandle, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** Rejects if there is such a file. */
  static async create(path: string): Promise<PartFile> {
    return new PartFile(await open(path, "wx"), 0);
  }

  /** Goes on behind the first `length` bytes; what follows them is cut off. Rejects if there are fewer. */
  static async resume(path: string, length: number): Promise<PartFile> {
    const file = await open(path, "r+");
    try {
      const { size } = await file.stat();
      if (size < length) throw new Error(`${path} has ${size} bytes; ${length} were written`);
      if (size > length) await file.truncate(length);
      return new PartFile(file, length);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes of the file, with those that wait in the buffer. */
  get size(): number {
    return this.#position + this.#length;
  }

  /** The buffer to write to next, from `length` on: room for `bytes` at least, or null (see whenRoom). */
  reserve(bytes: number): Buffer | null {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#length + bytes <= this.#current.length) return this.#current;
    if (this.#spare === null) return null;
    if (this.#length > 0) this.#startWrite();
    if (bytes > this.#current.length) this.#current = Buffer.allocUnsafeSlow(bytes);
    return this.#current;
  }

  /** Bytes of the buffer that are in use. */
  get length(): number {
    return this.#length;
  }

  /** Takes what was written into the buffer that reserve() answered. */
  commit(length: number): void {
    this.#length = length;
  }

  /** Settled when reserve() has room again. */
  whenRoom(): Promise<void> {
    return this.#writing;
  }

  /** Writes everything out, and asks the disk to keep it if `durability` says so. */
  async flush(durability: "written" | "synced"): Promise<void> {
    await this.#writing;
    if (this.#failure === null && this.#length > 0) this.#startWrite();
    await this.#writing;
    if (this.#failure !== null) throw this.#failure.error;
    if (durability === "synced") await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  #startWrite(): void {
    const full = this.#current;
    const length = this.#length;
    const position = this.#position;
    const spare = this.#spare ?? NO_BUFFER;
    this.#current = spare.length === 0 ? Buffer.allocUnsafeSlow(BUFFER_BYTES) : spare;
    this.#spare = null;
    this.#length = 0;
    this.#position += length;
    this.#writing = this.#write(full, length, position);
  }

  /** Does not reject: the failure waits for the next call. */
  async #write(buffer: Buffer, length: number, position: number): Promise<void> {
    try {
      for (let at = 0; at < length; ) {
        const { bytesWritten } = await this.#file.write(buffer, at, length - at, position + at);
        at += bytesWritten;
      }
    } catch (error) {
      this.#failure = { error };
    }
    // The first buffer was small, and one record larger than a buffer had one of its own.
    this.#spare = buffer.length === BUFFER_BYTES ? buffer : NO_BUFFER;
  }
}
