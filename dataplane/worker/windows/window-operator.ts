/**
 * Windows in JavaScript, with the semantics of Flink's WindowOperator: records are added to the contents of
 * their windows, triggers say when windows fire, and a window goes when its time plus the allowed lateness
 * has passed.
 *
 * Invariants, for each window with contents: a timer is registered for the time it goes (except at the end
 * of time); where windows merge, it is in the merging set.
 */

import { type Trigger, TriggerResult } from "../../functions/windows/trigger.ts";
import {
  GlobalWindow,
  type TimeWindow,
  type Window,
  windowOf,
} from "../../functions/windows/window.ts";
import type {
  WindowAssigner,
  WindowAssignerContext,
} from "../../functions/windows/window-assigner.ts";
import type { Schema } from "../../memory/schema.ts";
import { EngineError } from "../../protocol/errors.ts";
import { addLongs, asNumber, LONG_MAX, LONG_MIN, type Long } from "../../protocol/long.ts";
import { METRIC_LATE_RECORDS_DROPPED } from "../../protocol/metrics-layout.ts";
import type { Timestamp } from "../operators/row-target.ts";
import type { OperatorHost, StreamOperator } from "../operators/stream-operator.ts";
import type { UserFunction } from "../operators/user-function.ts";
import { closeAll } from "../operators/user-function.ts";
import type { Timer, TimerQueue } from "../state/timer-queue.ts";
import type { EventClock } from "./event-clock.ts";
import type { Merge, MergingWindowSet } from "./merging-window-set.ts";
import type { WindowTriggerContext } from "./trigger-context.ts";
import type { WindowContents } from "./window-contents.ts";
import type { WindowEvaluation } from "./window-evaluation.ts";

export interface WindowOperatorParts {
  readonly host: OperatorHost;
  readonly clock: EventClock;
  /** For windows of the assigner's kind of time. */
  readonly timers: TimerQueue;
  readonly assigner: WindowAssigner<unknown>;
  readonly assignerContext: WindowAssignerContext;
  readonly trigger: Trigger<unknown>;
  readonly triggerContext: WindowTriggerContext;
  /** null = windows do not merge. */
  readonly merging: MergingWindowSet | null;
  readonly contents: WindowContents;
  readonly evaluation: WindowEvaluation;
  readonly allowedLatenessMs: number;
  readonly lateTag: string | null;
  /**
   * Only a window's first record needs to be shown to the trigger: it registers the one timer at whose time
   * the window goes, too.
   */
  readonly firesOnlyAtEnd: boolean;
  /** All of the user's, to open and close. */
  readonly functions: readonly UserFunction[];
  useSchema(schema: Schema): void;
}

export class WindowOperator implements StreamOperator {
  readonly #parts: WindowOperatorParts;
  readonly #isEventTime: boolean;
  /** Of the last timer: those of many keys have the same one. */
  #firing: Window = GlobalWindow.get();

  constructor(parts: WindowOperatorParts) {
    this.#parts = parts;
    this.#isEventTime = parts.assigner.isEventTime();
  }

  async open(): Promise<void> {
    for (const fn of this.#parts.functions) await fn.open(this.#parts.host.runtimeContext);
  }

  useSchema(schema: Schema): void {
    this.#parts.useSchema(schema);
  }

  processElement(record: unknown, timestampMs: Timestamp): void {
    const { assigner, assignerContext, merging } = this.#parts;
    const time: Long = timestampMs ?? LONG_MIN;
    const windows = assigner.assignWindows(record, asNumber(time), assignerContext);
    let isTaken = false;
    for (let index = 0; index < windows.length; ++index) {
      const window = windows[index] as Window;
      const isAdded =
        merging === null
          ? this.#addTo(window, record, timestampMs)
          : this.#addToMerging(merging, window as TimeWindow, record, timestampMs);
      isTaken ||= isAdded;
    }
    if (!isTaken && this.#isLate(time)) this.#lose(record, timestampMs);
  }

  onEventTime(timer: Timer): void {
    const { trigger, triggerContext } = this.#parts;
    this.#fire(timer, this.#isEventTime, (window) =>
      trigger.onEventTime(asNumber(timer.time), window, triggerContext),
    );
  }

  onProcessingTime(timer: Timer): void {
    const { trigger, triggerContext } = this.#parts;
    this.#fire(timer, !this.#isEventTime, (window) =>
      trigger.onProcessingTime(asNumber(timer.time), window, triggerContext),
    );
  }

  endOfInput(): void {}

  close(): Promise<void> {
    return closeAll(this.#parts.functions);
  }

  /** @returns whether the window is still open */
  #addTo(window: Window, record: unknown, timestampMs: Timestamp): boolean {
    if (this.#isWindowLate(window)) return false;
    const { contents, firesOnlyAtEnd } = this.#parts;
    const isFirst = contents.add(window.text, record, timestampMs);
    if (isFirst || !firesOnlyAtEnd) this.#show(record, timestampMs, window, window.text);
    return true;
  }

  #addToMerging(
    merging: MergingWindowSet,
    added: TimeWindow,
    record: unknown,
    timestampMs: Timestamp,
  ): boolean {
    const window = merging.add(added, (merge) => this.#merge(merge));
    if (this.#isWindowLate(window)) {
      merging.retire(window);
      return false;
    }
    const stateWindow = merging.stateWindowOf(window);
    if (stateWindow === undefined) throw new TypeError(`${window} is not in flight`);
    this.#parts.contents.add(stateWindow, record, timestampMs);
    this.#show(record, timestampMs, window, stateWindow);
    return true;
  }

  /** Shows a record that was added to the trigger, and does what it says. */
  #show(record: unknown, timestampMs: Timestamp, window: Window, stateWindow: string): void {
    const { trigger, triggerContext, timers } = this.#parts;
    triggerContext.window = window;
    const time = asNumber(timestampMs ?? LONG_MIN);
    const result = trigger.onElement(record, time, window, triggerContext);
    if (isFiring(result) && !this.#evaluate(window, stateWindow)) return;
    if (isPurging(result)) this.#parts.contents.clear(stateWindow);
    const goesAt = this.#cleanupTime(window);
    if (goesAt !== LONG_MAX) timers.register(goesAt, window.text);
  }

  #fire(timer: Timer, isOwnTime: boolean, ask: (window: Window) => TriggerResult): void {
    const { triggerContext, contents, merging } = this.#parts;
    const window = this.#windowOf(timer.namespace);
    triggerContext.window = window;
    // A timer that a trigger did not delete when its window was merged into another.
    const stateWindow =
      merging === null ? window.text : merging.stateWindowOf(window as TimeWindow);
    if (stateWindow === undefined) return;
    const result = ask(window);
    if (isFiring(result)) this.#evaluate(window, stateWindow);
    if (isPurging(result)) contents.clear(stateWindow);
    if (isOwnTime && timer.time === this.#cleanupTime(window)) this.#clear(window, stateWindow);
  }

  /** @returns whether there was something to evaluate */
  #evaluate(window: Window, stateWindow: string): boolean {
    const value = this.#parts.contents.get(stateWindow);
    if (value === undefined) return false;
    this.#parts.evaluation.fire(window, stateWindow, value);
    return true;
  }

  #clear(window: Window, stateWindow: string): void {
    const { contents, trigger, triggerContext, evaluation, merging } = this.#parts;
    contents.clear(stateWindow);
    triggerContext.window = window;
    trigger.clear(window, triggerContext);
    evaluation.clear(window);
    merging?.retire(window as TimeWindow);
  }

  /** Errors: MR_WINDOW_MERGE. */
  #merge({ result, merged, stateWindow, mergedStateWindows }: Merge): void {
    const { trigger, triggerContext, timers, contents } = this.#parts;
    this.#checkMerge(result);
    triggerContext.window = result;
    triggerContext.mergedWindows = merged;
    trigger.onMerge(result, triggerContext);
    for (const window of merged) {
      triggerContext.window = window;
      trigger.clear(window, triggerContext);
      timers.delete(this.#cleanupTime(window), window.text);
    }
    contents.merge(stateWindow, mergedStateWindows);
  }

  #checkMerge(window: TimeWindow): void {
    const { host, clock, allowedLatenessMs } = this.#parts;
    const end = window.maxTimestamp();
    const isOver = this.#isEventTime
      ? clock.hasPassed(addLongs(end, allowedLatenessMs))
      : end <= host.currentProcessingTime();
    if (!isOver) return;
    throw new EngineError("MR_WINDOW_MERGE", {
      operator: host.operatorName,
      window: String(window),
      time: this.#isEventTime ? "an event-time" : "a processing-time",
      clock: this.#isEventTime ? "watermark" : "processing time",
      now: String(this.#isEventTime ? clock.watermark : host.currentProcessingTime()),
    });
  }

  /** A record that no window took, and that is behind the watermark. */
  #lose(record: unknown, timestampMs: Timestamp): void {
    const { host, lateTag } = this.#parts;
    if (lateTag !== null) host.collectTo(lateTag, record, timestampMs);
    else host.metrics.add(METRIC_LATE_RECORDS_DROPPED, 1);
  }

  #isWindowLate(window: Window): boolean {
    return this.#isEventTime && this.#parts.clock.hasPassed(this.#cleanupTime(window));
  }

  #isLate(time: Long): boolean {
    const { clock, allowedLatenessMs } = this.#parts;
    return this.#isEventTime && clock.hasPassed(addLongs(time, allowedLatenessMs));
  }

  /** Long.MAX = never. */
  #cleanupTime(window: Window): Long {
    const end: Long = window.maxTimestamp();
    const { allowedLatenessMs } = this.#parts;
    if (!this.#isEventTime || allowedLatenessMs === 0) return end;
    const time = addLongs(end, allowedLatenessMs);
    return time >= end ? time : LONG_MAX;
  }

  #windowOf(text: string): Window {
    if (this.#firing.text !== text) this.#firing = windowOf(text);
    return this.#firing;
  }
}

function isFiring(result: TriggerResult): boolean {
  return result === TriggerResult.FIRE || result === TriggerResult.FIRE_AND_PURGE;
}

function isPurging(result: TriggerResult): boolean {
  return result === TriggerResult.PURGE || result === TriggerResult.FIRE_AND_PURGE;
}
