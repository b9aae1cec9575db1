import type { TriggerSpec } from "../../protocol/window-spec.ts";
import { type OnMergeContext, Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

/** Fires when the clock has reached the last time of the window. @public */
export class ProcessingTimeTrigger extends Trigger<unknown> {
  static create(): ProcessingTimeTrigger {
    return new ProcessingTimeTrigger();
  }

  override onElement(
    _element: unknown,
    _timestampMs: number,
    window: Window,
    ctx: TriggerContext,
  ): TriggerResult {
    ctx.registerProcessingTimeTimer(window.maxTimestamp());
    return TriggerResult.CONTINUE;
  }

  override onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override onProcessingTime(): TriggerResult {
    return TriggerResult.FIRE;
  }

  override clear(window: Window, ctx: TriggerContext): void {
    ctx.deleteProcessingTimeTimer(window.maxTimestamp());
  }

  override canMerge(): boolean {
    return true;
  }

  override onMerge(window: Window, ctx: OnMergeContext): void {
    const end = window.maxTimestamp();
    if (end > ctx.getCurrentProcessingTime()) ctx.registerProcessingTimeTimer(end);
  }

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "processing-time" };
  }

  override toString(): string {
    return "ProcessingTimeTrigger()";
  }
}
