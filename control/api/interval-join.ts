/** Joins of two keyed streams by key and time. */
import { OutputTag } from "../../dataplane/functions/output-tag.ts";
import type { ProcessJoinFunctionOf } from "../../dataplane/functions/process-join.ts";
import { durationMs, type TimeSpan } from "../../dataplane/protocol/duration.ts";
import { describeValue } from "../common/describe-value.ts";
import type { ConnectedParts } from "./connected-streams.ts";
import type { SingleOutputStreamOperator } from "./data-stream.ts";
import { checkFunction, invalidFunction, type RecordValue } from "./functions.ts";

/** What KeyedStream.intervalJoin() begins. @public */
export class IntervalJoin<L, R> {
  readonly #parts: ConnectedParts<L, R>;

  /** @internal */
  constructor(parts: ConnectedParts<L, R>) {
    this.#parts = parts;
  }

  /** The only time there is for this. */
  inEventTime(): this {
    return this;
  }

  /**
   * Pairs of equal keys whose times are near: `left.time + lower <= right.time <= left.time + upper`.
   * Throws MR_FUNCTION_INVALID.
   */
  between(lower: TimeSpan, upper: TimeSpan): IntervalJoined<L, R> {
    const lowerMs = durationMs(lower, "between()");
    const upperMs = durationMs(upper, "between()");
    if (lowerMs <= upperMs) return new IntervalJoined(this.#parts, lowerMs, upperMs);
    throw invalidFunction("between()", "lower <= upper", `${lowerMs} ms and ${upperMs} ms`);
  }
}

/** An interval join with its bounds. @public */
export class IntervalJoined<L, R> {
  readonly #parts: ConnectedParts<L, R>;
  readonly #lowerMs: number;
  readonly #upperMs: number;
  #isLowerExclusive = false;
  #isUpperExclusive = false;
  #leftLateTag: string | null = null;
  #rightLateTag: string | null = null;

  /** @internal */
  constructor(parts: ConnectedParts<L, R>, lowerMs: number, upperMs: number) {
    this.#parts = parts;
    this.#lowerMs = lowerMs;
    this.#upperMs = upperMs;
  }

  /** Leaves the lower bound itself out. */
  lowerBoundExclusive(): this {
    this.#isLowerExclusive = true;
    return this;
  }

  /** Leaves the upper bound itself out. */
  upperBoundExclusive(): this {
    this.#isUpperExclusive = true;
    return this;
  }

  /** Where left records go that are behind the watermark; without it they are dropped. */
  sideOutputLeftLateData(tag: OutputTag<L>): this {
    this.#leftLateTag = idOf(tag, "sideOutputLeftLateData()");
    return this;
  }

  /** Where right records go that are behind the watermark; without it they are dropped. */
  sideOutputRightLateData(tag: OutputTag<R>): this {
    this.#rightLateTag = idOf(tag, "sideOutputRightLateData()");
    return this;
  }

  /**
   * Calls the function with each pair. What it collects has the larger of both times.
   *
   * ```ts
   * orders
   *   .keyBy("id")
   *   .intervalJoin(payments.keyBy("order"))
   *   .between(0, "1 h")
   *   .process((order, payment, ctx, out: Collector<string>) => out.collect(`${order.id} is paid`));
   * ```
   */
  process<O extends RecordValue>(
    fn: ProcessJoinFunctionOf<L, R, O>,
  ): SingleOutputStreamOperator<O> {
    const operation = "intervalJoin().process()";
    checkFunction(fn, { operation, method: "processElement" });
    return this.#parts.add<O>(
      {
        kind: "intervalJoin",
        fn,
        lowerMs: this.#lowerMs + (this.#isLowerExclusive ? 1 : 0),
        upperMs: this.#upperMs - (this.#isUpperExclusive ? 1 : 0),
        leftLateTag: this.#leftLateTag,
        rightLateTag: this.#rightLateTag,
        isKeyed: true,
      },
      operation,
    );
  }
}

function idOf(tag: unknown, operation: string): string {
  if (tag instanceof OutputTag) return tag.id;
  throw invalidFunction(operation, "an OutputTag", describeValue(tag));
}
