/** A watermark group as one of its source subtasks sees it. */
import { LONG_MAX } from "../../protocol/long.ts";
import { WATERMARK_NOT_REPORTED, type WatermarkGroupSpec } from "../../protocol/watermark-group.ts";

export class WatermarkGroup {
  readonly #cells: BigInt64Array;
  readonly #index: number;

  constructor({ cells, index }: WatermarkGroupSpec) {
    this.#cells = new BigInt64Array(cells);
    this.#index = index;
  }

  report(watermarkMs: bigint): void {
    Atomics.store(this.#cells, this.#index, watermarkMs);
  }

  /** Nobody has to wait for this subtask: it is idle, or has ended. */
  reportNoWait(): void {
    this.report(LONG_MAX);
  }

  /** The least watermark that was reported; null = there is none yet. */
  leastMs(): bigint | null {
    let least: bigint | null = null;
    for (let index = 0; index < this.#cells.length; ++index) {
      const reported = Atomics.load(this.#cells, index);
      if (reported === WATERMARK_NOT_REPORTED) continue;
      if (least === null || reported < least) least = reported;
    }
    return least;
  }
}
