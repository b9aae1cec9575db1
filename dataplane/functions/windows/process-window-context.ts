import type { OutputTag } from "../output-tag.ts";
import type { KeyedStateStore } from "../state.ts";
import type { TimeWindow, Window } from "./window.ts";

/** What is known about the window. Times in ms. @public */
export interface ProcessWindowContext<W extends Window = TimeWindow> {
  window(): W;
  currentProcessingTime(): number;
  /** Long.MIN (a bigint) before the first watermark. */
  currentWatermark(): number;
  /** State of this key and window, to be cleared in clear(). Windows that merge have none (MR_WINDOW_STATE). */
  windowState(): KeyedStateStore;
  /** State of this key, over all windows. */
  globalState(): KeyedStateStore;
  /** Puts a record out to a side output. */
  output<X>(tag: OutputTag<X>, value: X): void;
}
