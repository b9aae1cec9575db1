/** Windows of one size, one behind the other, aligned with the epoch (plus an offset). */
import { durationMs, type TimeSpan } from "../../protocol/duration.ts";
import type { Long } from "../../protocol/long.ts";
import type { WindowAssignerSpec, WindowTime } from "../../protocol/window-spec.ts";
import { AlignedWindows } from "./aligned-windows.ts";
import { checkParameters } from "./arguments.ts";
import { classNameOf } from "./class-name.ts";
import { EventTimeTrigger } from "./event-time-trigger.ts";
import { ProcessingTimeTrigger } from "./processing-time-trigger.ts";
import type { TimeWindow } from "./window.ts";
import { checkTimestamp, WindowAssigner, type WindowAssignerContext } from "./window-assigner.ts";
import { staggerOffset, WindowStagger } from "./window-stagger.ts";

export interface TumblingSizes {
  readonly sizeMs: number;
  readonly offsetMs: number;
  readonly stagger: WindowStagger;
}

function sizesOf(
  owner: string,
  size: TimeSpan,
  offset: TimeSpan,
  stagger: WindowStagger,
): TumblingSizes {
  const operation = `${owner}.of()`;
  const sizeMs = durationMs(size, operation);
  const offsetMs = durationMs(offset, operation);
  checkParameters(Math.abs(offsetMs) < sizeMs, owner, "abs(offset) < size");
  const isKnown = Object.values(WindowStagger).includes(stagger);
  checkParameters(isKnown, owner, "that stagger is one of WindowStagger");
  return { sizeMs, offsetMs, stagger };
}

abstract class TumblingWindows extends WindowAssigner<unknown, TimeWindow> {
  readonly #sizes: TumblingSizes;
  readonly #time: WindowTime;
  /** Made with the first record: the stagger may depend on the clock. */
  #windows: AlignedWindows | null = null;

  constructor(sizes: TumblingSizes, time: WindowTime) {
    super();
    this.#sizes = sizes;
    this.#time = time;
  }

  override isEventTime(): boolean {
    return this.#time === "event";
  }

  /** @internal */
  override get spec(): WindowAssignerSpec {
    return { kind: "tumbling", time: this.#time, ...this.#sizes };
  }

  override toString(): string {
    return `${classNameOf(this)}(${this.#sizes.sizeMs})`;
  }

  protected windowsAt(time: Long, context: WindowAssignerContext): readonly TimeWindow[] {
    this.#windows ??= this.#align(context);
    return this.#windows.at(time);
  }

  #align(context: WindowAssignerContext): AlignedWindows {
    const { sizeMs, offsetMs, stagger } = this.#sizes;
    const shift = staggerOffset(stagger, sizeMs, context);
    return new AlignedWindows(sizeMs, null, (offsetMs + shift) % sizeMs);
  }
}

/**
 * Tumbling windows of event time. `offset` shifts them: days of a time zone at UTC+8 are
 * `of("1 d", "-8 h")`.
 *
 * ```ts
 * orders.keyBy("user").window(TumblingEventTimeWindows.of("5 s")).sum("amount");
 * ```
 * @public
 */
export class TumblingEventTimeWindows extends TumblingWindows {
  /** @internal */
  constructor(sizes: TumblingSizes) {
    super(sizes, "event");
  }

  /** Throws MR_GRAPH_INVALID, MR_FUNCTION_INVALID. */
  static of(
    size: TimeSpan,
    offset: TimeSpan = 0,
    stagger: WindowStagger = WindowStagger.ALIGNED,
  ): TumblingEventTimeWindows {
    const sizes = sizesOf("TumblingEventTimeWindows", size, offset, stagger);
    return new TumblingEventTimeWindows(sizes);
  }

  override assignWindows(
    _element: unknown,
    timestampMs: number,
    context: WindowAssignerContext,
  ): readonly TimeWindow[] {
    return this.windowsAt(checkTimestamp(timestampMs), context);
  }

  override getDefaultTrigger(): EventTimeTrigger {
    return EventTimeTrigger.create();
  }
}

/** Tumbling windows of processing time. @public */
export class TumblingProcessingTimeWindows extends TumblingWindows {
  /** @internal */
  constructor(sizes: TumblingSizes) {
    super(sizes, "processing");
  }

  /** Throws MR_GRAPH_INVALID, MR_FUNCTION_INVALID. */
  static of(
    size: TimeSpan,
    offset: TimeSpan = 0,
    stagger: WindowStagger = WindowStagger.ALIGNED,
  ): TumblingProcessingTimeWindows {
    const sizes = sizesOf("TumblingProcessingTimeWindows", size, offset, stagger);
    return new TumblingProcessingTimeWindows(sizes);
  }

  override assignWindows(
    _element: unknown,
    _timestampMs: number,
    context: WindowAssignerContext,
  ): readonly TimeWindow[] {
    return this.windowsAt(context.getCurrentProcessingTime(), context);
  }

  override getDefaultTrigger(): ProcessingTimeTrigger {
    return ProcessingTimeTrigger.create();
  }
}
