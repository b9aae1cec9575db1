/** What triggers see: timers and state of the current key and of `window`. */
import type { StateDescriptor } from "../../functions/state.ts";
import type { OnMergeContext } from "../../functions/windows/trigger.ts";
import { GlobalWindow, type Window } from "../../functions/windows/window.ts";
import { asNumber } from "../../protocol/long.ts";
import type { OperatorHost } from "../operators/stream-operator.ts";
import type { StateScope } from "../state/state-scope.ts";
import type { TimerQueue } from "../state/timer-queue.ts";
import type { EventClock } from "./event-clock.ts";

export interface TriggerContextParts {
  readonly host: OperatorHost;
  readonly clock: EventClock;
  readonly scope: StateScope;
  readonly eventTimers: TimerQueue;
  readonly processingTimers: TimerQueue;
}

export class WindowTriggerContext implements OnMergeContext {
  /** Of the calls to come. */
  window: Window = GlobalWindow.get();
  /** In onMerge(): those that `window` was merged from. */
  mergedWindows: readonly Window[] = [];
  readonly getPartitionedState: OnMergeContext["getPartitionedState"];
  readonly #parts: TriggerContextParts;

  constructor(parts: TriggerContextParts) {
    this.#parts = parts;
    const { scope } = parts;
    this.getPartitionedState = ((descriptor: StateDescriptor) => {
      scope.namespace = this.window.text;
      return scope.stateOf(descriptor);
    }) as OnMergeContext["getPartitionedState"];
  }

  getCurrentProcessingTime(): number {
    return this.#parts.host.currentProcessingTime();
  }

  getCurrentWatermark(): number {
    return asNumber(this.#parts.clock.watermark);
  }

  registerProcessingTimeTimer(timeMs: number): void {
    this.#parts.processingTimers.register(timeMs, this.window.text);
  }

  registerEventTimeTimer(timeMs: number): void {
    this.#parts.eventTimers.register(timeMs, this.window.text);
  }

  deleteProcessingTimeTimer(timeMs: number): void {
    this.#parts.processingTimers.delete(timeMs, this.window.text);
  }

  deleteEventTimeTimer(timeMs: number): void {
    this.#parts.eventTimers.delete(timeMs, this.window.text);
  }

  mergePartitionedState(descriptor: StateDescriptor): void {
    const sources = this.mergedWindows.map(({ text }) => text);
    this.#parts.scope.merge(descriptor, this.window.text, sources);
  }
}
