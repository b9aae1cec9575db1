/** Functions of two connected streams: a method per input. */
import type { Collector, Emitted } from "../../dataplane/functions/collector.ts";
import type { RichFunction } from "./functions.ts";

/** One record out for each record in, of either stream. @public */
export interface CoMapFunction<T1, T2, R> extends RichFunction {
  map1(value: T1): R;
  map2(value: T2): R;
}

/** Any number of records out for each record in, of either stream. @public */
export interface CoFlatMapFunction<T1, T2, R> extends RichFunction {
  flatMap1(value: T1, out: Collector<R>): Emitted<R>;
  flatMap2(value: T2, out: Collector<R>): Emitted<R>;
}
