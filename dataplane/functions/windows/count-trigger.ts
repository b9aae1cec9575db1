import type { TriggerSpec } from "../../protocol/window-spec.ts";
import { ReducingStateDescriptor } from "../state.ts";
import { checkCount } from "./arguments.ts";
import { type OnMergeContext, Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

const COUNT = new ReducingStateDescriptor<number>("count", (a, b) => a + b);

/** Fires whenever a window has got `maxCount` more records. @public */
export class CountTrigger extends Trigger<unknown> {
  readonly #maxCount: number;

  private constructor(maxCount: number) {
    super();
    this.#maxCount = maxCount;
  }

  /** Throws MR_FUNCTION_INVALID. */
  static of(maxCount: number): CountTrigger {
    return new CountTrigger(checkCount(maxCount, "CountTrigger.of()"));
  }

  override onElement(
    _element: unknown,
    _timestampMs: number,
    _window: Window,
    ctx: TriggerContext,
  ): TriggerResult {
    const count = ctx.getPartitionedState(COUNT);
    count.add(1);
    if ((count.get() ?? 0) < this.#maxCount) return TriggerResult.CONTINUE;
    count.clear();
    return TriggerResult.FIRE;
  }

  override onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override clear(_window: Window, ctx: TriggerContext): void {
    ctx.getPartitionedState(COUNT).clear();
  }

  override canMerge(): boolean {
    return true;
  }

  override onMerge(_window: Window, ctx: OnMergeContext): void {
    ctx.mergePartitionedState(COUNT);
  }

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "count", count: this.#maxCount };
  }

  override toString(): string {
    return `CountTrigger(${this.#maxCount})`;
  }
}
