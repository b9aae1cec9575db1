/** The timer service of user functions: timers of one namespace of an operator's current key. */
import type { TimerService } from "../../functions/process.ts";
import { EngineError } from "../../protocol/errors.ts";
import { asNumber, LONG_MAX, LONG_MIN, type Long, longOf } from "../../protocol/long.ts";
import type { TimerQueue } from "../state/timer-queue.ts";
import type { OperatorHost } from "./stream-operator.ts";

export class OperatorTimers implements TimerService {
  /** Of the timers registered from now on. */
  namespace = "";
  readonly #host: OperatorHost;

  constructor(host: OperatorHost) {
    this.#host = host;
  }

  currentProcessingTime(): number {
    return this.#host.currentProcessingTime();
  }

  currentWatermark(): number {
    return asNumber(longOf(this.#host.currentWatermark));
  }

  registerEventTimeTimer(time: number): void {
    const checked = checkTime(time, "registerEventTimeTimer()");
    this.#keyed(this.#host.eventTimers, "Setting").register(checked, this.namespace);
  }

  deleteEventTimeTimer(time: number): void {
    const checked = checkTime(time, "deleteEventTimeTimer()");
    this.#keyed(this.#host.eventTimers, "Deleting").delete(checked, this.namespace);
  }

  registerProcessingTimeTimer(time: number): void {
    const checked = checkTime(time, "registerProcessingTimeTimer()");
    this.#keyed(this.#host.processingTimers, "Setting").register(checked, this.namespace);
  }

  deleteProcessingTimeTimer(time: number): void {
    const checked = checkTime(time, "deleteProcessingTimeTimer()");
    this.#keyed(this.#host.processingTimers, "Deleting").delete(checked, this.namespace);
  }

  /** Errors: MR_TIMERS_NOT_KEYED. */
  #keyed(timers: TimerQueue | null, action: string): TimerQueue {
    if (timers !== null) return timers;
    throw new EngineError("MR_TIMERS_NOT_KEYED", { operator: this.#host.operatorName, action });
  }
}

/** Errors: MR_FUNCTION_INVALID. */
function checkTime(time: unknown, operation: string): Long {
  if (typeof time === "number" && Number.isSafeInteger(time)) return time;
  if (typeof time === "bigint" && time >= LONG_MIN && time <= LONG_MAX) return longOf(time);
  throw new EngineError("MR_FUNCTION_INVALID", {
    operation,
    expected: "a time: whole milliseconds of 64 bits, a bigint beyond 2^53 - 1",
    actual: String(time),
  });
}
