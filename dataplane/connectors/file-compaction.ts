/** Makes few files of many before they are committed (after Flink's FileCompactStrategy). */
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

import { EngineError } from "../protocol/errors.ts";
import { checkAbove0 } from "./rolling-policy.ts";

/** When the pending files of a bucket become one. @public */
export class FileCompactStrategy {
  readonly #sizeThreshold: number;
  readonly #checkpoints: number;

  /** @internal */
  constructor(sizeThreshold: number, checkpoints: number) {
    this.#sizeThreshold = sizeThreshold;
    this.#checkpoints = checkpoints;
  }

  static builder(): FileCompactStrategyBuilder {
    return new FileCompactStrategyBuilder();
  }

  /** @internal */
  isDue(sizeBytes: number, checkpoints: number): boolean {
    return sizeBytes >= this.#sizeThreshold || checkpoints >= this.#checkpoints;
  }
}

/** @public */
export class FileCompactStrategyBuilder {
  #sizeThreshold = Number.POSITIVE_INFINITY;
  #checkpoints = Number.POSITIVE_INFINITY;

  /** As soon as the files have this many bytes together. Throws MR_FUNCTION_INVALID. */
  setSizeThreshold(sizeBytes: number): this {
    checkAbove0(sizeBytes, "setSizeThreshold()", "a whole number of bytes above 0");
    this.#sizeThreshold = sizeBytes;
    return this;
  }

  /** At every n-th checkpoint at the latest. Throws MR_FUNCTION_INVALID. */
  enableCompactionOnCheckpoint(checkpoints: number): this {
    checkAbove0(checkpoints, "enableCompactionOnCheckpoint()", "a number of checkpoints above 0");
    this.#checkpoints = checkpoints;
    return this;
  }

  /** Throws MR_FUNCTION_INVALID: there must be a condition. */
  build(): FileCompactStrategy {
    if (Math.min(this.#sizeThreshold, this.#checkpoints) < Number.POSITIVE_INFINITY) {
      return new FileCompactStrategy(this.#sizeThreshold, this.#checkpoints);
    }
    throw new EngineError("MR_FUNCTION_INVALID", {
      operation: "FileCompactStrategy.builder().build()",
      expected: "setSizeThreshold() or enableCompactionOnCheckpoint()",
      actual: "neither",
    });
  }
}

/** @public */
export interface FileCompactor {
  /** Writes what is in the files to `outputPath`, which is not there yet. */
  compact(inputPaths: readonly string[], outputPath: string): Promise<void>;
}

/** One file after the other. @public */
export class ConcatFileCompactor implements FileCompactor {
  async compact(inputPaths: readonly string[], outputPath: string): Promise<void> {
    for (const path of inputPaths) {
      const flags = path === inputPaths[0] ? "wx" : "a";
      await pipeline(createReadStream(path), createWriteStream(outputPath, { flags }));
    }
  }
}
