/**
 * Bytes of collected and printed reports under way to the master: sinks wait while there are too
 * many.
 */
import { REPORT_WINDOW_BYTES, type SlotReport } from "../protocol/messages.ts";

export class ReportWindow {
  #underWay = 0;
  #room: { readonly promise: Promise<void>; readonly settle: () => void } | null = null;

  count(report: SlotReport): void {
    if (report.kind === "collected") this.#underWay += report.batch.length;
    else if (report.kind === "printed") this.#underWay += Buffer.byteLength(report.text);
  }

  /** The master has taken so many bytes. */
  credit(bytes: number): void {
    this.#underWay -= bytes;
    if (this.#underWay >= REPORT_WINDOW_BYTES) return;
    this.#room?.settle();
    this.#room = null;
  }

  /** null = there is room; else settled when there is. */
  room(): Promise<void> | null {
    if (this.#underWay < REPORT_WINDOW_BYTES) return null;
    if (this.#room === null) {
      let settle = (): void => undefined;
      const promise = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#room = { promise, settle };
    }
    return this.#room.promise;
  }
}
