/** From bytes to STRING records: what line-writer.ts and delimited-writer.ts have in common. */
import type { SourceOutput } from "./source.ts";

export interface TextWriter {
  /** Another stream begins. */
  begin(): void;
  /** Takes bytes, once writeTo() has answered true. @throws EngineError MR_RECORD_TOO_LARGE */
  add(bytes: Uint8Array): void;
  /** The stream has ended: what is left is a record, unless it is empty. */
  finish(): void;
  /** Writes the records that are complete; false = the output is full and there are more. */
  writeTo(output: SourceOutput<string>): boolean;
  /** finish() was called and everything is written. */
  readonly isFinished: boolean;
  dispose(): void;
}
