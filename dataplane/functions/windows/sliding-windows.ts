/** Windows of one size that begin every `slide`: a record belongs to size / slide of them. */
import { durationMs, type TimeSpan } from "../../protocol/duration.ts";
import type { WindowAssignerSpec, WindowTime } from "../../protocol/window-spec.ts";
import { AlignedWindows } from "./aligned-windows.ts";
import { checkParameters } from "./arguments.ts";
import { classNameOf } from "./class-name.ts";
import { EventTimeTrigger } from "./event-time-trigger.ts";
import { ProcessingTimeTrigger } from "./processing-time-trigger.ts";
import type { TimeWindow } from "./window.ts";
import { checkTimestamp, WindowAssigner, type WindowAssignerContext } from "./window-assigner.ts";

export interface SlidingSizes {
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
}

const MAX_WINDOWS_PER_RECORD = 10_000_000;

function sizesOf(owner: string, size: TimeSpan, slide: TimeSpan, offset: TimeSpan): SlidingSizes {
  const operation = `${owner}.of()`;
  const sizeMs = durationMs(size, operation);
  const slideMs = durationMs(slide, operation);
  const offsetMs = durationMs(offset, operation);
  const isFit = Math.abs(offsetMs) < slideMs && sizeMs > 0;
  checkParameters(isFit, owner, "abs(offset) < slide and size > 0");
  const isFeasible = sizeMs / slideMs <= MAX_WINDOWS_PER_RECORD;
  checkParameters(isFeasible, owner, `size / slide <= ${MAX_WINDOWS_PER_RECORD}`);
  return { sizeMs, slideMs, offsetMs };
}

abstract class SlidingWindows extends WindowAssigner<unknown, TimeWindow> {
  protected readonly windows: AlignedWindows;
  readonly #sizes: SlidingSizes;
  readonly #time: WindowTime;

  constructor(sizes: SlidingSizes, time: WindowTime) {
    super();
    this.#sizes = sizes;
    this.#time = time;
    this.windows = new AlignedWindows(sizes.sizeMs, sizes.slideMs, sizes.offsetMs);
  }

  override isEventTime(): boolean {
    return this.#time === "event";
  }

  /** @internal */
  override get spec(): WindowAssignerSpec {
    return { kind: "sliding", time: this.#time, ...this.#sizes };
  }

  override toString(): string {
    return `${classNameOf(this)}(${this.#sizes.sizeMs}, ${this.#sizes.slideMs})`;
  }
}

/**
 * Sliding windows of event time. With a slide above the size there are gaps, and records in them belong
 * to no window.
 *
 * ```ts
 * clicks.keyBy("page").window(SlidingEventTimeWindows.of("1 min", "10 s")).aggregate(average);
 * ```
 * @public
 */
export class SlidingEventTimeWindows extends SlidingWindows {
  /** @internal */
  constructor(sizes: SlidingSizes) {
    super(sizes, "event");
  }

  /** Throws MR_GRAPH_INVALID, MR_FUNCTION_INVALID. */
  static of(size: TimeSpan, slide: TimeSpan, offset: TimeSpan = 0): SlidingEventTimeWindows {
    return new SlidingEventTimeWindows(sizesOf("SlidingEventTimeWindows", size, slide, offset));
  }

  override assignWindows(_element: unknown, timestampMs: number): readonly TimeWindow[] {
    return this.windows.at(checkTimestamp(timestampMs));
  }

  override getDefaultTrigger(): EventTimeTrigger {
    return EventTimeTrigger.create();
  }
}

/** Sliding windows of processing time. @public */
export class SlidingProcessingTimeWindows extends SlidingWindows {
  /** @internal */
  constructor(sizes: SlidingSizes) {
    super(sizes, "processing");
  }

  /** Throws MR_GRAPH_INVALID, MR_FUNCTION_INVALID. */
  static of(size: TimeSpan, slide: TimeSpan, offset: TimeSpan = 0): SlidingProcessingTimeWindows {
    const sizes = sizesOf("SlidingProcessingTimeWindows", size, slide, offset);
    return new SlidingProcessingTimeWindows(sizes);
  }

  override assignWindows(
    _element: unknown,
    _timestampMs: number,
    context: WindowAssignerContext,
  ): readonly TimeWindow[] {
    return this.windows.at(context.getCurrentProcessingTime());
  }

  override getDefaultTrigger(): ProcessingTimeTrigger {
    return ProcessingTimeTrigger.create();
  }
}
