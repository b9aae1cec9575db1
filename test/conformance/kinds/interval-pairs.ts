/** The function of kind `intervalJoin`. */
import {
  type Collector,
  type ProcessJoinContext,
  ProcessJoinFunction,
} from "../../../control/index.ts";

type Fields = readonly unknown[];

/** Emits (key, left.1, right.1, leftTs, rightTs, ctx timestamp). */
export class IntervalPairs extends ProcessJoinFunction<Fields, Fields, Fields> {
  processElement(
    [key, left]: Fields,
    [, right]: Fields,
    ctx: ProcessJoinContext,
    out: Collector<Fields>,
  ): void {
    const times = [ctx.getLeftTimestamp(), ctx.getRightTimestamp(), ctx.getTimestamp()];
    out.collect([key, left, right, ...times]);
  }
}
