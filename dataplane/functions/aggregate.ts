/**
 * Folds values into an accumulator, and an accumulator into a result (after Flink's AggregateFunction).
 * Accumulators are kept as state: plain values, arrays and objects. add() and merge() may change the
 * accumulator they are given and return it.
 *
 * ```ts
 * const average: AggregateFunction<number, [count: number, sum: number], number> = {
 *   createAccumulator: () => [0, 0],
 *   add: (value, [count, sum]) => [count + 1, sum + value],
 *   getResult: ([count, sum]) => sum / count,
 *   merge: (a, b) => [a[0] + b[0], a[1] + b[1]],
 * };
 * ```
 * @public
 */
export interface AggregateFunction<IN, ACC, OUT> {
  createAccumulator(): ACC;
  add(value: IN, accumulator: ACC): ACC;
  getResult(accumulator: ACC): OUT;
  /** Of two accumulators one; called where windows merge. */
  merge(a: ACC, b: ACC): ACC;
}
