import type { TriggerSpec } from "../../protocol/window-spec.ts";
import { type OnMergeContext, Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

/** Fires when the watermark reaches the last time of the window, then for each late record. @public */
export class EventTimeTrigger extends Trigger<unknown> {
  static create(): EventTimeTrigger {
    return new EventTimeTrigger();
  }

  override onElement(
    _element: unknown,
    _timestampMs: number,
    window: Window,
    ctx: TriggerContext,
  ): TriggerResult {
    const end = window.maxTimestamp();
    if (end <= ctx.getCurrentWatermark()) return TriggerResult.FIRE;
    ctx.registerEventTimeTimer(end);
    return TriggerResult.CONTINUE;
  }

  override onEventTime(timeMs: number, window: Window): TriggerResult {
    return timeMs === window.maxTimestamp() ? TriggerResult.FIRE : TriggerResult.CONTINUE;
  }

  override onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override clear(window: Window, ctx: TriggerContext): void {
    ctx.deleteEventTimeTimer(window.maxTimestamp());
  }

  override canMerge(): boolean {
    return true;
  }

  override onMerge(window: Window, ctx: OnMergeContext): void {
    // Windows that are late already fire with the record that merged them.
    const end = window.maxTimestamp();
    if (end > ctx.getCurrentWatermark()) ctx.registerEventTimeTimer(end);
  }

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "event-time" };
  }

  override toString(): string {
    return "EventTimeTrigger()";
  }
}
