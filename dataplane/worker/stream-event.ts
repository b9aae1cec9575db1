/** What flows through a task besides rows, and rows: in order. */
import type { BatchView } from "../memory/batch-view.ts";
import type { StreamStatus } from "./watermark-valve.ts";

export type ControlEvent =
  | { readonly kind: "watermark"; readonly watermarkMs: bigint }
  | { readonly kind: "status"; readonly status: StreamStatus }
  | { readonly kind: "barrier"; readonly checkpointId: bigint; readonly triggeredMs: bigint }
  | { readonly kind: "end" };

export type StreamEvent = { readonly kind: "data"; readonly view: BatchView } | ControlEvent;

/** Long.MAX: no row with a timestamp comes after it. */
export const MAX_WATERMARK = 2n ** 63n - 1n;
