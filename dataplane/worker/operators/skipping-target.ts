/** A target that drops the first records it is given: they have been emitted before. */
import type { BatchView } from "../../memory/batch-view.ts";
import type { SegmentOutput } from "../segment.ts";
import type { RowTarget, Timestamp } from "./row-target.ts";

export class SkippingTarget implements RowTarget {
  /** Records still to be dropped. */
  skip = 0;
  readonly #target: RowTarget;

  constructor(target: RowTarget) {
    this.#target = target;
  }

  get outputs(): readonly SegmentOutput[] {
    return this.#target.outputs;
  }

  get status(): number {
    return this.#target.status;
  }

  get takeBatch(): ((batch: BatchView) => number) | null {
    return this.#target.takeBatch;
  }

  open(): void | Promise<void> {
    return this.#target.open();
  }

  begin(): number {
    return this.#target.begin();
  }

  push(record: unknown, timestampMs: Timestamp): void {
    if (this.skip > 0) this.skip -= 1;
    else this.#target.push(record, timestampMs);
  }

  end(): void {
    this.#target.end();
  }

  finish(): number {
    return this.#target.finish();
  }

  hostWork(): Promise<void> {
    return this.#target.hostWork();
  }

  close(): void | Promise<void> {
    return this.#target.close();
  }
}
