/** Functions of window joins and co-groups (after Flink). */
import type { Collector } from "./collector.ts";
import type { AbstractRichFunction } from "./rich-function.ts";

type Rich = Partial<Pick<AbstractRichFunction, "open" | "close">>;

/** A record of one of two streams: what assigners, triggers and evictors of window joins see. @public */
export type TaggedUnion<T1, T2> = readonly [input: 1, value: T1] | readonly [input: 2, value: T2];

/** One record out for each pair. @public */
export interface JoinFunction<T1, T2, R> extends Rich {
  join(first: T1, second: T2): R;
}

/** Any number of records out for each pair; told from a JoinFunction by its third parameter. @public */
export interface FlatJoinFunction<T1, T2, R> extends Rich {
  join(first: T1, second: T2, out: Collector<R>): void;
}

/** What a function of pairs may answer: a record, or nothing where it takes a collector. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return answers void.
export type Joined<R> = R | undefined | void;

/** Any number of records out for both groups of a key and window; one of them may be empty. @public */
export interface CoGroupFunction<T1, T2, R> extends Rich {
  coGroup(first: readonly T1[], second: readonly T2[], out: Collector<R>): void;
}
