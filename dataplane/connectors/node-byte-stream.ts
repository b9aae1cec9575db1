/**
 * Bytes of a Node stream. It is never put into flowing mode: what is not taken stays in the stream,
 * which then stops reading its file or socket, so that backpressure reaches the origin.
 */
import type { Readable } from "node:stream";

import type { ByteStream, StreamFailure } from "./byte-stream.ts";

export class NodeByteStream implements ByteStream {
  readonly #source: Readable;
  readonly #streams: readonly Readable[];
  #failure: Error | null = null;
  #isEnded = false;

  /** Reads `source`; errors of the streams that feed it end it too, and close() closes them all. */
  constructor(
    source: Readable,
    feeders: readonly Readable[],
    wake: () => void,
    failureOf: StreamFailure,
  ) {
    this.#source = source;
    this.#streams = [...feeders, source];
    source.on("readable", wake);
    source.on("end", () => {
      this.#isEnded = true;
      wake();
    });
    for (const stream of this.#streams) {
      stream.on("error", (error) => {
        this.#failure ??= failureOf(error);
        wake();
      });
    }
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  next(): Uint8Array | null {
    const chunk: Uint8Array | null = this.#source.read();
    if (chunk === null && this.#failure !== null) throw this.#failure;
    return chunk;
  }

  async close(): Promise<void> {
    await Promise.all(this.#streams.map(closeStream));
  }
}

function closeStream(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) return resolve();
    stream.once("close", () => resolve());
    stream.destroy();
  });
}
