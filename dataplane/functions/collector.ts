/** Takes the records a function emits. @public */
export interface Collector<T> {
  collect(record: T): void;
}

/** What flatMap() functions may answer: the records, or nothing where they used the collector. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return answers void.
export type Emitted<R> = (Iterable<R> & object) | undefined | void;
