/**
 * Process functions: the records of a stream with their times, timers, keyed state and side outputs (after
 * Flink). Contexts and collectors are valid during the call that was given them. Times are ms; typed as
 * numbers, they are bigints beyond 2^53 - 1.
 */
import type { Collector } from "./collector.ts";
import type { OutputTag } from "./output-tag.ts";
import { AbstractRichFunction } from "./rich-function.ts";

/** Event time is that of records and watermarks, processing time that of the machine's clock. @public */
export type TimeDomain = "EVENT_TIME" | "PROCESSING_TIME";

/**
 * Times and timers. A timer belongs to the current key and fires once: registering the same time again
 * changes nothing. An event-time timer fires when a watermark reaches it. Registering and deleting throw
 * MR_TIMERS_NOT_KEYED on a stream that is not keyed, and MR_FUNCTION_INVALID for what is no time.
 * @public
 */
export interface TimerService {
  currentProcessingTime(): number;
  /** -(2n ** 63n), Long.MIN, before the first watermark. */
  currentWatermark(): number;
  registerEventTimeTimer(time: number): void;
  deleteEventTimeTimer(time: number): void;
  registerProcessingTimeTimer(time: number): void;
  deleteProcessingTimeTimer(time: number): void;
}

/** @public */
export interface ProcessContext {
  /** Of the record, or of the timer; null = the record has none. */
  timestamp(): number | null;
  timerService(): TimerService;
  /** Emits a record to a side output: see getSideOutput(). Where nobody reads it, nothing happens. */
  output<X>(tag: OutputTag<X>, value: X): void;
}

/** @public */
export interface OnTimerContext extends ProcessContext {
  timeDomain(): TimeDomain;
}

/** @public */
export interface KeyedProcessContext<K> extends ProcessContext {
  getCurrentKey(): K;
}

/** @public */
export interface KeyedOnTimerContext<K> extends KeyedProcessContext<K> {
  timeDomain(): TimeDomain;
}

/** What process() takes: a function, or an object with Flink's methods. @public */
export type ProcessFunctionOf<C, T, I, O> =
  | ((value: I, ctx: C, out: Collector<O>) => void)
  | (Partial<Pick<AbstractRichFunction, "open" | "close">> & {
      processElement(value: I, ctx: C, out: Collector<O>): void;
      onTimer?(timestamp: number, ctx: T, out: Collector<O>): void;
    });

/** Any number of records out for each record in. @public */
export abstract class ProcessFunction<I, O> extends AbstractRichFunction {
  abstract processElement(value: I, ctx: ProcessContext, out: Collector<O>): void;

  onTimer(_timestamp: number, _ctx: OnTimerContext, _out: Collector<O>): void {}
}

/**
 * A process function on a keyed stream, with keyed state and timers.
 *
 * ```ts
 * class CountWithTimeout extends KeyedProcessFunction<string, string, [string, number]> {
 *   #count!: ValueState<number>;
 *   override open() {
 *     this.#count = this.getRuntimeContext().getState(new ValueStateDescriptor<number>("count"));
 *   }
 *   processElement(word: string, ctx: KeyedProcessContext<string>) {
 *     this.#count.update((this.#count.value() ?? 0) + 1);
 *     ctx.timerService().registerEventTimeTimer((ctx.timestamp() ?? 0) + 60_000);
 *   }
 *   override onTimer(_time: number, ctx: KeyedOnTimerContext<string>, out: Collector<[string, number]>) {
 *     out.collect([ctx.getCurrentKey(), this.#count.value() ?? 0]);
 *   }
 * }
 * ```
 * @public
 */
export abstract class KeyedProcessFunction<K, I, O> extends AbstractRichFunction {
  abstract processElement(value: I, ctx: KeyedProcessContext<K>, out: Collector<O>): void;

  onTimer(_timestamp: number, _ctx: KeyedOnTimerContext<K>, _out: Collector<O>): void {}
}
