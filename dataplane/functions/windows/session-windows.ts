/** Sessions: each record opens a window of the length of the gap, and windows that touch are merged. */
import { durationMs, type TimeSpan } from "../../protocol/duration.ts";
import { EngineError } from "../../protocol/errors.ts";
import { addLongs, asNumber, type Long } from "../../protocol/long.ts";
import type { WindowAssignerSpec, WindowTime } from "../../protocol/window-spec.ts";
import { checkMethods } from "../checks.ts";
import { checkParameters } from "./arguments.ts";
import { classNameOf } from "./class-name.ts";
import { EventTimeTrigger } from "./event-time-trigger.ts";
import { ProcessingTimeTrigger } from "./processing-time-trigger.ts";
import { TimeWindow } from "./window.ts";
import { WindowAssigner, type WindowAssignerContext } from "./window-assigner.ts";

/** Finds the gap behind a record, ms. @public */
export interface SessionWindowTimeGapExtractor<T> {
  extract(element: T): number;
}

/** As a program gives it: one for all records, or a function of the record. */
export type SessionGap<T> = number | ((element: T) => number) | SessionWindowTimeGapExtractor<T>;

function fixedGap(owner: string, gap: TimeSpan): number {
  const gapMs = durationMs(gap, `${owner}.withGap()`);
  checkParameters(gapMs > 0, owner, "0 < size");
  return gapMs;
}

/** Errors: MR_FUNCTION_INVALID. */
function checkExtractor<T>(extractor: Exclude<SessionGap<T>, number>, owner: string) {
  if (typeof extractor === "function") return extractor;
  const expected = "a function, or an object with extract()";
  return checkMethods(extractor, `${owner}.withDynamicGap()`, ["extract"], expected);
}

/** Windows that are merged. */
export abstract class SessionWindows<T> extends WindowAssigner<T, TimeWindow> {
  readonly #gap: SessionGap<T>;
  readonly #gapOf: ((element: T) => number) | null;
  readonly #time: WindowTime;

  constructor(gap: SessionGap<T>, time: WindowTime) {
    super();
    this.#gap = gap;
    this.#time = time;
    if (typeof gap === "number") this.#gapOf = null;
    else this.#gapOf = typeof gap === "function" ? gap : (element) => gap.extract(element);
  }

  override isEventTime(): boolean {
    return this.#time === "event";
  }

  /** @internal */
  override get spec(): WindowAssignerSpec {
    const gapMs = typeof this.#gap === "number" ? this.#gap : null;
    return { kind: "session", time: this.#time, gapMs };
  }

  /** @internal */
  override get custom(): unknown {
    return this.#gap;
  }

  override toString(): string {
    const gap = typeof this.#gap === "number" ? this.#gap : "dynamic gap";
    return `${classNameOf(this)}(${gap})`;
  }

  protected windowFrom(element: T, time: Long): readonly TimeWindow[] {
    const gap = this.#gapOf === null ? (this.#gap as number) : dynamicGap(this.#gapOf(element));
    return [new TimeWindow(asNumber(time), asNumber(addLongs(time, gap)))];
  }
}

/** Errors: MR_WINDOW_GAP. */
function dynamicGap(gap: number): number {
  if (gap > 0 && Number.isSafeInteger(gap)) return gap;
  throw new EngineError("MR_WINDOW_GAP", { actual: String(gap) });
}

/**
 * Sessions of event time: they end `gap` after their last record. Records exactly `gap` apart are in one.
 *
 * ```ts
 * clicks.keyBy("user").window(EventTimeSessionWindows.withGap("30 min")).aggregate(visit);
 * ```
 * @public
 */
export class EventTimeSessionWindows<T = unknown> extends SessionWindows<T> {
  /** @internal */
  constructor(gap: SessionGap<T>) {
    super(gap, "event");
  }

  /** Throws MR_GRAPH_INVALID, MR_FUNCTION_INVALID. */
  static withGap(gap: TimeSpan): EventTimeSessionWindows {
    return new EventTimeSessionWindows(fixedGap("EventTimeSessionWindows", gap));
  }

  /** @param extractor ms behind a record; not above 0 fails the job (MR_WINDOW_GAP) */
  static withDynamicGap<T>(
    extractor: ((element: T) => number) | SessionWindowTimeGapExtractor<T>,
  ): EventTimeSessionWindows<T> {
    return new EventTimeSessionWindows(checkExtractor(extractor, "EventTimeSessionWindows"));
  }

  override assignWindows(element: T, timestampMs: number): readonly TimeWindow[] {
    return this.windowFrom(element, timestampMs);
  }

  override getDefaultTrigger(): EventTimeTrigger {
    return EventTimeTrigger.create();
  }
}

/** Sessions of processing time. @public */
export class ProcessingTimeSessionWindows<T = unknown> extends SessionWindows<T> {
  /** @internal */
  constructor(gap: SessionGap<T>) {
    super(gap, "processing");
  }

  /** Throws MR_GRAPH_INVALID, MR_FUNCTION_INVALID. */
  static withGap(gap: TimeSpan): ProcessingTimeSessionWindows {
    return new ProcessingTimeSessionWindows(fixedGap("ProcessingTimeSessionWindows", gap));
  }

  /** @param extractor ms behind a record; not above 0 fails the job (MR_WINDOW_GAP) */
  static withDynamicGap<T>(
    extractor: ((element: T) => number) | SessionWindowTimeGapExtractor<T>,
  ): ProcessingTimeSessionWindows<T> {
    const gap = checkExtractor(extractor, "ProcessingTimeSessionWindows");
    return new ProcessingTimeSessionWindows(gap);
  }

  override assignWindows(
    element: T,
    _timestampMs: number,
    context: WindowAssignerContext,
  ): readonly TimeWindow[] {
    return this.windowFrom(element, context.getCurrentProcessingTime());
  }

  override getDefaultTrigger(): ProcessingTimeTrigger {
    return ProcessingTimeTrigger.create();
  }
}
