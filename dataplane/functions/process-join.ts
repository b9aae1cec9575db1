/** What becomes of the pairs of an interval join (after Flink). */
import type { Collector } from "./collector.ts";
import type { OutputTag } from "./output-tag.ts";
import { AbstractRichFunction } from "./rich-function.ts";

/** About one pair; times are ms. @public */
export interface ProcessJoinContext {
  getLeftTimestamp(): number;
  getRightTimestamp(): number;
  /** The larger one: that of what is collected. */
  getTimestamp(): number;
  output<X>(tag: OutputTag<X>, value: X): void;
}

/** What intervalJoin().process() takes: a function, or an object with processElement(). @public */
export type ProcessJoinFunctionOf<L, R, O> =
  | ((left: L, right: R, ctx: ProcessJoinContext, out: Collector<O>) => void)
  | (Partial<Pick<AbstractRichFunction, "open" | "close">> & {
      processElement(left: L, right: R, ctx: ProcessJoinContext, out: Collector<O>): void;
    });

/** Any number of records out for each pair. @public */
export abstract class ProcessJoinFunction<L, R, O> extends AbstractRichFunction {
  abstract processElement(left: L, right: R, ctx: ProcessJoinContext, out: Collector<O>): void;
}
