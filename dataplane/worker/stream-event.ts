/** What flows through a task: rows, and what stands between them, in order. */
import type { BatchView } from "../memory/batch-view.ts";
import type { CheckpointOptions } from "../protocol/checkpoint.ts";
import { LONG_MAX, LONG_MIN } from "../protocol/long.ts";
import type { StreamStatus } from "./watermark-valve.ts";

/** Rows in front of it are part of the checkpoint. */
export interface BarrierEvent {
  readonly kind: "barrier";
  readonly checkpointId: bigint;
  readonly triggeredMs: bigint;
  readonly options: CheckpointOptions;
}

export type ControlEvent =
  | { readonly kind: "watermark"; readonly watermarkMs: bigint }
  | { readonly kind: "status"; readonly status: StreamStatus }
  | BarrierEvent
  | { readonly kind: "end" };

/** Processing time has passed `nowMs`. It concerns one chain and never leaves it. */
export interface TimerEvent {
  readonly kind: "timer";
  readonly nowMs: bigint;
}

export interface DataEvent {
  readonly kind: "data";
  readonly view: BatchView;
  /** Of tasks whose head has two inputs: which; absent = the first. */
  readonly which?: number;
}

export type InputEvent = DataEvent | ControlEvent;

export type StreamEvent = InputEvent | TimerEvent;

/** Long.MAX: no row with a timestamp comes after it. */
export const MAX_WATERMARK = LONG_MAX;

/** Long.MIN: before the first watermark. */
export const NO_WATERMARK = LONG_MIN;
