import type { TriggerSpec } from "../../protocol/window-spec.ts";
import { checkMethods } from "../checks.ts";
import { ValueStateDescriptor } from "../state.ts";
import { checkThreshold } from "./arguments.ts";
import { Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

/** How far two records are apart. @public */
export interface DeltaFunction<T> {
  getDelta(oldDataPoint: T, newDataPoint: T): number;
}

/** As a program gives it. */
export type Delta<T> = ((oldDataPoint: T, newDataPoint: T) => number) | DeltaFunction<T>;

/** Errors: MR_FUNCTION_INVALID. */
export function checkDelta<T>(
  delta: Delta<T>,
  operation: string,
): (oldDataPoint: T, newDataPoint: T) => number {
  if (typeof delta === "function") return delta;
  const expected = "a function, or an object with getDelta()";
  checkMethods(delta, operation, ["getDelta"], expected);
  return (oldDataPoint, newDataPoint) => delta.getDelta(oldDataPoint, newDataPoint);
}

/**
 * Fires when a record is farther than `threshold` from the one of the last firing (at first: from the first).
 * @public
 */
export class DeltaTrigger<T> extends Trigger<T> {
  readonly #last = new ValueStateDescriptor<T>("last-element");
  readonly #threshold: number;
  readonly #delta: (oldDataPoint: T, newDataPoint: T) => number;

  private constructor(threshold: number, delta: (oldDataPoint: T, newDataPoint: T) => number) {
    super();
    this.#threshold = threshold;
    this.#delta = delta;
  }

  /** Throws MR_FUNCTION_INVALID. */
  static of<T>(threshold: number, delta: Delta<T>): DeltaTrigger<T> {
    const operation = "DeltaTrigger.of()";
    return new DeltaTrigger(checkThreshold(threshold, operation), checkDelta(delta, operation));
  }

  override onElement(element: T, _timestampMs: number, _window: Window, ctx: TriggerContext) {
    const last = ctx.getPartitionedState(this.#last);
    const before = last.value();
    if (before === null) {
      last.update(element);
      return TriggerResult.CONTINUE;
    }
    if (!(this.#delta(before, element) > this.#threshold)) return TriggerResult.CONTINUE;
    last.update(element);
    return TriggerResult.FIRE;
  }

  override onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override clear(_window: Window, ctx: TriggerContext): void {
    ctx.getPartitionedState(this.#last).clear();
  }

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "delta", threshold: this.#threshold };
  }

  /** @internal */
  override get custom(): unknown {
    return this.#delta;
  }

  override toString(): string {
    return `DeltaTrigger(${this.#threshold})`;
  }
}
