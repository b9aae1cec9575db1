/**
 * Appends bytes to one file through two buffers: one is filled while the other is written.
 *
 * Invariants: #current is being filled, #spare is null while it is being written; writes follow each
 * other in order; after a failure nothing more is written and every later call reports it.
 */
import { type FileHandle, open } from "node:fs/promises";

const BUFFER_BYTES = 1_048_576;

export class PartFile {
  readonly #file: FileHandle;
  #current: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #spare: Buffer | null = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #length = 0;
  #writing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Creates the file, or empties it. */
  static async create(path: string): Promise<PartFile> {
    return new PartFile(await open(path, "w"));
  }

  /** The buffer to write to next, from `length` on: room for `bytes` at least, or null (see whenRoom). */
  reserve(bytes: number): Buffer | null {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#length + bytes <= this.#current.length) return this.#current;
    if (this.#spare === null) return null;
    this.#startWrite();
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
    this.#current = this.#spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#spare = null;
    this.#length = 0;
    this.#writing = this.#write(full, length);
  }

  /** Does not reject: the failure waits for the next call. */
  async #write(buffer: Buffer, length: number): Promise<void> {
    try {
      for (let at = 0; at < length; ) {
        const { bytesWritten } = await this.#file.write(buffer, at, length - at);
        at += bytesWritten;
      }
    } catch (error) {
      this.#failure = { error };
    }
    // One record larger than a buffer had a buffer of its own.
    this.#spare = buffer.length > BUFFER_BYTES ? Buffer.allocUnsafeSlow(BUFFER_BYTES) : buffer;
  }
}
