/** Bytes that arrive whenever they do, taken by a poll loop that never waits. */
export interface ByteStream {
  /**
   * The next bytes, valid until the next call; null = none yet, or none any more (`isEnded`).
   * @throws EngineError if reading has failed
   */
  next(): Uint8Array | null;
  /** Everything has been taken. */
  readonly isEnded: boolean;
  /** Does not reject. */
  close(): Promise<void>;
}

/** Makes the error of a source from what went wrong. */
export type StreamFailure = (cause: Error) => Error;
