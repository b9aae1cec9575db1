import { durationMs, type TimeSpan } from "../../protocol/duration.ts";
import type { TriggerSpec } from "../../protocol/window-spec.ts";
import { ValueStateDescriptor } from "../state.ts";
import { checkInterval } from "./arguments.ts";
import { checkTrigger } from "./purging-trigger.ts";
import { Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

const TIMEOUT = new ValueStateDescriptor<number>("timeout");

interface TimeoutOptions {
  readonly timeoutMs: number;
  readonly resetsTimerOnNewRecord: boolean;
  readonly clearsOnTimeout: boolean;
}

/** Fires when another trigger does, or when it has not for some time of the clock after a record. @public */
export class ProcessingTimeoutTrigger<T, W extends Window = Window> extends Trigger<T, W> {
  readonly #nested: Trigger<T, W>;
  readonly #options: TimeoutOptions;

  private constructor(nested: Trigger<T, W>, options: TimeoutOptions) {
    super();
    this.#nested = nested;
    this.#options = options;
  }

  /**
   * @param resetTimerOnNewRecord the time counts from the last record, not from the first
   * @param shouldClearOnTimeout the other trigger begins anew after a timeout
   * Throws MR_FUNCTION_INVALID.
   */
  static of<T, W extends Window>(
    nested: Trigger<T, W>,
    timeout: TimeSpan,
    resetTimerOnNewRecord = false,
    shouldClearOnTimeout = true,
  ): ProcessingTimeoutTrigger<T, W> {
    const operation = "ProcessingTimeoutTrigger.of()";
    return new ProcessingTimeoutTrigger(checkTrigger(nested, operation), {
      timeoutMs: checkInterval(durationMs(timeout, operation), operation),
      resetsTimerOnNewRecord: resetTimerOnNewRecord,
      clearsOnTimeout: shouldClearOnTimeout,
    });
  }

  override onElement(element: T, timestampMs: number, window: W, ctx: TriggerContext) {
    const result = this.#nested.onElement(element, timestampMs, window, ctx);
    if (result === TriggerResult.FIRE || result === TriggerResult.FIRE_AND_PURGE) {
      this.clear(window, ctx);
      return result;
    }
    const timeout = ctx.getPartitionedState(TIMEOUT);
    const registered = timeout.value();
    if (registered !== null) {
      if (!this.#options.resetsTimerOnNewRecord) return result;
      ctx.deleteProcessingTimeTimer(registered);
    }
    const next = ctx.getCurrentProcessingTime() + this.#options.timeoutMs;
    timeout.update(next);
    ctx.registerProcessingTimeTimer(next);
    return result;
  }

  override onProcessingTime(timeMs: number, window: W, ctx: TriggerContext) {
    return this.#firing(this.#nested.onProcessingTime(timeMs, window, ctx), window, ctx);
  }

  override onEventTime(timeMs: number, window: W, ctx: TriggerContext) {
    return this.#firing(this.#nested.onEventTime(timeMs, window, ctx), window, ctx);
  }

  override clear(window: W, ctx: TriggerContext): void {
    const timeout = ctx.getPartitionedState(TIMEOUT);
    const registered = timeout.value();
    if (registered !== null) {
      ctx.deleteProcessingTimeTimer(registered);
      timeout.clear();
    }
    this.#nested.clear(window, ctx);
  }

  /** @internal */
  override get spec(): TriggerSpec {
    return { kind: "processing-timeout", of: this.#nested.spec, ...this.#options };
  }

  /** @internal */
  override get custom(): unknown {
    return this.#nested.custom;
  }

  override toString(): string {
    return `TimeoutTrigger(${this.#nested})`;
  }

  /** As Flink: any timer of the window fires it, also one of the other trigger. */
  #firing(result: TriggerResult, window: W, ctx: TriggerContext): TriggerResult {
    if (this.#options.clearsOnTimeout) this.clear(window, ctx);
    const isPurge = result === TriggerResult.PURGE || result === TriggerResult.FIRE_AND_PURGE;
    return isPurge ? TriggerResult.FIRE_AND_PURGE : TriggerResult.FIRE;
  }
}
