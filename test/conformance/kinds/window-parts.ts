/** Assigners, triggers and evictors of the vectors, by Flink's names. */
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
  CountEvictor,
  CountTrigger,
  DeltaEvictor,
  DeltaTrigger,
  EventTimeSessionWindows,
  EventTimeTrigger,
  type Evictor,
  GlobalWindows,
  NeverTrigger,
  ProcessingTimeoutTrigger,
  ProcessingTimeSessionWindows,
  ProcessingTimeTrigger,
  PurgingTrigger,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TimeEvictor,
  type Trigger,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  type WindowAssigner,
} from "../../../control/index.ts";

type Row = readonly unknown[];

/** Parameters that the parts have, each its own. */
interface PartDescription {
  readonly type: string;
  readonly size?: number;
  readonly slide?: number;
  readonly offset?: number;
  readonly gap?: number;
  readonly gapField?: number;
  readonly endOfStreamTrigger?: boolean;
  readonly count?: number;
  readonly interval?: number;
  readonly threshold?: number;
  readonly field?: number;
  readonly of?: PartDescription;
  readonly timeout?: number;
  readonly resetTimerOnNewRecord?: boolean;
  readonly shouldClearOnTimeout?: boolean;
  readonly windowSize?: number;
  readonly doEvictAfter?: boolean;
}

export type { PartDescription };

type Make<P> = (part: PartDescription) => P;

const ASSIGNERS: ReadonlyMap<string, Make<WindowAssigner<Row>>> = new Map<
  string,
  Make<WindowAssigner<Row>>
>([
  ["TumblingEventTimeWindows", ({ size = 0, offset }) => TumblingEventTimeWindows.of(size, offset)],
  [
    "TumblingProcessingTimeWindows",
    ({ size = 0, offset }) => TumblingProcessingTimeWindows.of(size, offset),
  ],
  [
    "SlidingEventTimeWindows",
    ({ size = 0, slide = 0, offset }) => SlidingEventTimeWindows.of(size, slide, offset),
  ],
  [
    "SlidingProcessingTimeWindows",
    ({ size = 0, slide = 0, offset }) => SlidingProcessingTimeWindows.of(size, slide, offset),
  ],
  ["EventTimeSessionWindows", ({ gap = 0 }) => EventTimeSessionWindows.withGap(gap)],
  ["ProcessingTimeSessionWindows", ({ gap = 0 }) => ProcessingTimeSessionWindows.withGap(gap)],
  [
    "DynamicEventTimeSessionWindows",
    ({ gapField }) => EventTimeSessionWindows.withDynamicGap(numberAt(gapField)),
  ],
  [
    "DynamicProcessingTimeSessionWindows",
    ({ gapField }) => ProcessingTimeSessionWindows.withDynamicGap(numberAt(gapField)),
  ],
  [
    "GlobalWindows",
    ({ endOfStreamTrigger }) =>
      endOfStreamTrigger === true
        ? GlobalWindows.createWithEndOfStreamTrigger()
        : GlobalWindows.create(),
  ],
]);

const TRIGGERS: ReadonlyMap<string, Make<Trigger<Row>>> = new Map<string, Make<Trigger<Row>>>([
  ["EventTimeTrigger", () => EventTimeTrigger.create()],
  ["ProcessingTimeTrigger", () => ProcessingTimeTrigger.create()],
  ["NeverTrigger", () => new NeverTrigger()],
  ["CountTrigger", ({ count = 0 }) => CountTrigger.of(count)],
  ["ContinuousEventTimeTrigger", ({ interval = 0 }) => ContinuousEventTimeTrigger.of(interval)],
  [
    "ContinuousProcessingTimeTrigger",
    ({ interval = 0 }) => ContinuousProcessingTimeTrigger.of(interval),
  ],
  ["DeltaTrigger", ({ threshold = 0, field }) => DeltaTrigger.of(threshold, deltaOf(field))],
  ["PurgingTrigger", ({ of }) => PurgingTrigger.of(nested(of))],
  [
    "ProcessingTimeoutTrigger",
    ({ of, timeout = 0, resetTimerOnNewRecord, shouldClearOnTimeout }) =>
      ProcessingTimeoutTrigger.of(nested(of), timeout, resetTimerOnNewRecord, shouldClearOnTimeout),
  ],
]);

const EVICTORS: ReadonlyMap<string, Make<Evictor<Row>>> = new Map<string, Make<Evictor<Row>>>([
  ["CountEvictor", ({ count = 0, doEvictAfter }) => CountEvictor.of(count, doEvictAfter)],
  ["TimeEvictor", ({ windowSize = 0, doEvictAfter }) => TimeEvictor.of(windowSize, doEvictAfter)],
  [
    "DeltaEvictor",
    ({ threshold = 0, field, doEvictAfter }) =>
      DeltaEvictor.of(threshold, deltaOf(field), doEvictAfter),
  ],
]);

/** null = all parts can be made; else what is missing. */
export function unknownPart(
  assigner: PartDescription,
  trigger: PartDescription | undefined,
  evictor: PartDescription | undefined,
): string | null {
  if (assigner.type !== "countWindow" && !ASSIGNERS.has(assigner.type)) return assigner.type;
  for (let part = trigger; part !== undefined; part = part.of) {
    if (!TRIGGERS.has(part.type)) return part.type;
  }
  return evictor === undefined || EVICTORS.has(evictor.type) ? null : evictor.type;
}

export function createAssigner(part: PartDescription): WindowAssigner<Row> {
  return made(ASSIGNERS, part);
}

export function createTrigger(part: PartDescription): Trigger<Row> {
  return made(TRIGGERS, part);
}

export function createEvictor(part: PartDescription): Evictor<Row> {
  return made(EVICTORS, part);
}

function nested(part: PartDescription | undefined): Trigger<Row> {
  if (part === undefined) throw new TypeError("The trigger needs another one.");
  return createTrigger(part);
}

function made<P>(makers: ReadonlyMap<string, Make<P>>, part: PartDescription): P {
  const make = makers.get(part.type);
  if (make === undefined) throw new TypeError(`There is no ${part.type}.`);
  return make(part);
}

function numberAt(field = 0): (row: Row) => number {
  return (row) => row[field] as number;
}

function deltaOf(field = 0): (before: Row, after: Row) => number {
  return (before, after) => (after[field] as number) - (before[field] as number);
}
