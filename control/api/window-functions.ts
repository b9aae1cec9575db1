/** Functions over the elements of a window that fires (after Flink's ProcessWindowFunction and WindowFunction). */
import type { Collector } from "../../dataplane/functions/collector.ts";
import { AbstractRichFunction } from "../../dataplane/functions/rich-function.ts";
import type { RuntimeContext } from "../../dataplane/functions/runtime-context.ts";
import type { ProcessWindowContext } from "../../dataplane/functions/windows/process-window-context.ts";
import type { TimeWindow, Window } from "../../dataplane/functions/windows/window.ts";

/**
 * Is called with all elements of a window of a key that fires.
 *
 * ```ts
 * class CountPerWindow extends ProcessWindowFunction<Order, string, string> {
 *   process(user: string, context: ProcessWindowContext, orders: Iterable<Order>, out: Collector<string>) {
 *     out.collect(`${user}: ${[...orders].length} until ${context.window().end}`);
 *   }
 * }
 * ```
 * @public
 */
export abstract class ProcessWindowFunction<
  IN,
  OUT,
  K,
  W extends Window = TimeWindow,
> extends AbstractRichFunction {
  abstract process(
    key: K,
    context: ProcessWindowContext<W>,
    elements: Iterable<IN>,
    out: Collector<OUT>,
  ): void;

  /** The window goes: clears its state. */
  clear(_context: ProcessWindowContext<W>): void {}
}

/** As ProcessWindowFunction, of windows without a key. @public */
export abstract class ProcessAllWindowFunction<
  IN,
  OUT,
  W extends Window = TimeWindow,
> extends AbstractRichFunction {
  abstract process(
    context: ProcessWindowContext<W>,
    elements: Iterable<IN>,
    out: Collector<OUT>,
  ): void;

  /** The window goes: clears its state. */
  clear(_context: ProcessWindowContext<W>): void {}
}

/** The older form of ProcessWindowFunction, without context and state. @public */
export interface WindowFunction<IN, OUT, K, W extends Window = TimeWindow> {
  apply(key: K, window: W, elements: Iterable<IN>, out: Collector<OUT>): void;
  open?(context: RuntimeContext): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** As WindowFunction, of windows without a key. @public */
export interface AllWindowFunction<IN, OUT, W extends Window = TimeWindow> {
  apply(window: W, elements: Iterable<IN>, out: Collector<OUT>): void;
  open?(context: RuntimeContext): void | Promise<void>;
  close?(): void | Promise<void>;
}
