import type { TriggerSpec } from "../../protocol/window-spec.ts";
import { checkMethods } from "../checks.ts";
import { type OnMergeContext, Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

/** Fires when another trigger does, and drops the contents then. @public */
export class PurgingTrigger<T, W extends Window = Window> extends Trigger<T, W> {
  readonly #nested: Trigger<T, W>;

  private constructor(nested: Trigger<T, W>) {
    super();
    this.#nested = nested;
  }

  /** Throws MR_FUNCTION_INVALID. */
  static of<T, W extends Window>(nested: Trigger<T, W>): PurgingTrigger<T, W> {
    return new PurgingTrigger(checkTrigger(nested, "PurgingTrigger.of()"));
  }

  override onElement(element: T, timestampMs: number, window: W, ctx: TriggerContext) {
    return purging(this.#nested.onElement(element, timestampMs, window, ctx));
  }

  override onEventTime(timeMs: number, window: W, ctx: TriggerContext) {
    return purging(this.#nested.onEventTime(timeMs, window, ctx));
  }

  override onProcessingTime(timeMs: number, window: W, ctx: TriggerContext) {
    return purging(this.#nested.onProcessingTime(timeMs, window, ctx));
  }

  override clear(window: W, ctx: TriggerContext): void {
    this.#nested.clear(window, ctx);
  }

  override canMerge(): boolean {
    return this.#nested.canMerge();
  }

  override onMerge(window: W, ctx: OnMergeContext): void {
    this.#nested.onMerge(window, ctx);
  }

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "purging", of: this.#nested.spec };
  }

  /** @internal */
  override get custom(): unknown {
    return this.#nested.custom;
  }

  override toString(): string {
    return `PurgingTrigger(${this.#nested})`;
  }
}

function purging(result: TriggerResult): TriggerResult {
  return result === TriggerResult.FIRE ? TriggerResult.FIRE_AND_PURGE : result;
}

/** Errors: MR_FUNCTION_INVALID. */
export function checkTrigger<T, W extends Window>(
  trigger: Trigger<T, W>,
  operation: string,
): Trigger<T, W> {
  const methods = ["onElement", "onEventTime", "onProcessingTime", "clear", "canMerge"];
  return checkMethods(trigger, operation, methods, "a Trigger");
}
