/** Timers of a sink writer: processing time, called back between two records. */
import type { ProcessingTimeService } from "../../connectors/sink.ts";
import type { SegmentContext } from "../segment.ts";

interface Timer {
  readonly timeMs: number;
  callback(timeMs: number): void | Promise<void>;
}

export class SinkTimers implements ProcessingTimeService {
  readonly #context: Pick<SegmentContext, "clock" | "wake">;
  /** By time, the earliest last. */
  readonly #timers: Timer[] = [];

  constructor(context: Pick<SegmentContext, "clock" | "wake">) {
    this.#context = context;
  }

  get nextMs(): number {
    return this.#timers.at(-1)?.timeMs ?? Number.POSITIVE_INFINITY;
  }

  getCurrentProcessingTime(): number {
    return this.#context.clock.now();
  }

  registerTimer(timeMs: number, callback: (timeMs: number) => void | Promise<void>): void {
    this.#timers.push({ timeMs, callback });
    this.#timers.sort((a, b) => b.timeMs - a.timeMs);
    this.#context.wake();
  }

  /** Calls back the earliest timer of a time up to `nowMs`; null = there is none. */
  fire(nowMs: number): { readonly work: void | Promise<void> } | null {
    if (this.nextMs > nowMs) return null;
    const timer = this.#timers.pop();
    return timer === undefined ? null : { work: timer.callback(timer.timeMs) };
  }
}
