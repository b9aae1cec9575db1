/** What the writers of a FileSink have in common: one part file, and errors that name the sink. */
import type { PartFile } from "./part-file.ts";

export type SinkFailure = (cause: unknown) => Error;

export abstract class PartFileWriter {
  readonly #file: PartFile;
  readonly #failureOf: SinkFailure;

  constructor(file: PartFile, failureOf: SinkFailure) {
    this.#file = file;
    this.#failureOf = failureOf;
  }

  /** On disk, at the end of input; handed to the system before. */
  async flush(endOfInput: boolean): Promise<void> {
    await this.#guard(this.#file.flush(endOfInput ? "synced" : "written"));
  }

  async close(): Promise<void> {
    await this.#guard(this.#file.close());
  }

  /** The buffer to write `bytes` to, from fileLength on; null = wait for whenRoom(). */
  protected reserve(bytes: number): Buffer | null {
    try {
      return this.#file.reserve(bytes);
    } catch (cause) {
      throw this.#failureOf(cause);
    }
  }

  protected get bufferLength(): number {
    return this.#file.length;
  }

  protected commit(bufferLength: number): void {
    this.#file.commit(bufferLength);
  }

  protected whenRoom(): Promise<void> {
    return this.#file.whenRoom();
  }

  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      throw this.#failureOf(cause);
    }
  }
}
