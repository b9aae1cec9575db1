/** Triggers of global windows that need no state. */
import type { TriggerSpec } from "../../protocol/window-spec.ts";
import { Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

/** Never fires. @public */
export class NeverTrigger extends Trigger<unknown> {
  override onElement(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override clear(): void {}

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "never" };
  }

  override toString(): string {
    return "NeverTrigger()";
  }
}

/** Fires at the end of input. */
export class EndOfStreamTrigger extends Trigger<unknown> {
  override onElement(
    _element: unknown,
    _timestampMs: number,
    window: Window,
    ctx: TriggerContext,
  ): TriggerResult {
    ctx.registerEventTimeTimer(window.maxTimestamp());
    return TriggerResult.CONTINUE;
  }

  override onEventTime(timeMs: number, window: Window): TriggerResult {
    return timeMs === window.maxTimestamp() ? TriggerResult.FIRE : TriggerResult.CONTINUE;
  }

  override onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override clear(): void {}

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "end-of-stream" };
  }

  override toString(): string {
    return "EndOfStreamTrigger()";
  }
}
