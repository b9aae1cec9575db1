/**
 * What operators in JavaScript are that have state, timers, several inputs or several outputs: process
 * functions, windows, joins. ProcessSegment runs them; an operator only says what happens with a record,
 * a timer and a watermark, and may put out any number of records at any time.
 */
import type { RuntimeContext } from "../../connectors/runtime-context.ts";
import type { Schema } from "../../memory/schema.ts";
import type { SubtaskMetrics } from "../metrics.ts";
import type { BroadcastStates } from "../state/broadcast-state.ts";
import type { KeyedBackend } from "../state/keyed-backend.ts";
import type { StateScope } from "../state/state-scope.ts";
import type { Timer, TimerQueue } from "../state/timer-queue.ts";
import type { Timestamp } from "./row-target.ts";

export interface StreamOperator {
  open(): void | Promise<void>;
  /** The records that follow are of this schema. @param which input of two */
  useSchema?(schema: Schema, which: number): void;
  /** The record's key is the current one. @param which input of two it came by; 0 where there is one */
  processElement(record: unknown, timestampMs: Timestamp, which: number): void;
  /** A timer has fired: its key is the current one, and it is no longer registered. */
  onEventTime(timer: Timer): void;
  onProcessingTime(timer: Timer): void;
  /** No more input comes; event-time timers have fired. */
  endOfInput(): void;
  close(): void | Promise<void>;
}

/** What an operator has to work with; there while it is open. */
export interface OperatorHost {
  readonly operatorName: string;
  /** For user functions; its keyed state is that of `scope`. */
  readonly runtimeContext: RuntimeContext;
  readonly metrics: SubtaskMetrics;
  /** Keyed state; null = the stream is not keyed. */
  readonly state: KeyedBackend | null;
  /** The same as user functions see it; its namespace is the operator's to set. */
  readonly scope: StateScope | null;
  /** null = the operator has none. */
  readonly broadcastStates: BroadcastStates | null;
  readonly eventTimers: TimerQueue | null;
  readonly processingTimers: TimerQueue | null;
  /** ms, Long.MIN before the first watermark. Set before the timers that it makes due fire. */
  readonly currentWatermark: bigint;
  /** ms of processing time. */
  currentProcessingTime(): number;
  collect(record: unknown, timestampMs: Timestamp): void;
  /** @returns false = nobody reads that output */
  collectTo(tag: string, record: unknown, timestampMs: Timestamp): boolean;
}
