/** Process functions of two connected streams: a method per input, and what process functions have (after Flink). */
import type { Collector } from "./collector.ts";
import type {
  KeyedOnTimerContext,
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
} from "./process.ts";
import { AbstractRichFunction } from "./rich-function.ts";

/** What connect().process() takes: an object with these methods. @public */
export interface CoProcessFunctionOf<C, T, I1, I2, O>
  extends Partial<Pick<AbstractRichFunction, "open" | "close">> {
  processElement1(value: I1, ctx: C, out: Collector<O>): void;
  processElement2(value: I2, ctx: C, out: Collector<O>): void;
  onTimer?(timestamp: number, ctx: T, out: Collector<O>): void;
}

/** Any number of records out for each record of either stream. @public */
export abstract class CoProcessFunction<I1, I2, O> extends AbstractRichFunction {
  abstract processElement1(value: I1, ctx: ProcessContext, out: Collector<O>): void;
  abstract processElement2(value: I2, ctx: ProcessContext, out: Collector<O>): void;

  onTimer(_timestamp: number, _ctx: OnTimerContext, _out: Collector<O>): void {}
}

/**
 * A process function of two keyed streams, which share keyed state and timers.
 *
 * ```ts
 * class AddName extends KeyedCoProcessFunction<string, [string, string], Order, string> {
 *   #name!: ValueState<string>;
 *   override open() {
 *     this.#name = this.getRuntimeContext().getState(new ValueStateDescriptor<string>("name"));
 *   }
 *   processElement1([, name]: [string, string]) {
 *     this.#name.update(name);
 *   }
 *   processElement2(order: Order, _ctx: KeyedProcessContext<string>, out: Collector<string>) {
 *     out.collect(`${this.#name.value() ?? "?"}: ${order.total}`);
 *   }
 * }
 * ```
 * @public
 */
export abstract class KeyedCoProcessFunction<K, I1, I2, O> extends AbstractRichFunction {
  abstract processElement1(value: I1, ctx: KeyedProcessContext<K>, out: Collector<O>): void;
  abstract processElement2(value: I2, ctx: KeyedProcessContext<K>, out: Collector<O>): void;

  onTimer(_timestamp: number, _ctx: KeyedOnTimerContext<K>, _out: Collector<O>): void {}
}
