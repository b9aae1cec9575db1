/** Windows whose aggregate the plan leaves to WebAssembly (control/plan/window-engine.ts). */
import { METRIC_LATE_RECORDS_DROPPED } from "../../protocol/metrics-layout.ts";
import type { WindowSpec } from "../../protocol/window-spec.ts";
import type { Segment, SegmentContext } from "../segment.ts";
import { Aggregate } from "../windows/aggregate.ts";
import type { WindowOperatorSpec } from "../windows/create-window-operator.ts";
import { AggregateFold } from "./aggregate-fold.ts";
import { ReduceFold } from "./reduce-js.ts";
import { SessionSegment } from "./session-segment.ts";
import { UserFunction } from "./user-function.ts";
import type { WindowFold } from "./window-fold.ts";
import { WindowSegment } from "./window-segment.ts";
import type { TimeWindows } from "./window-tables.ts";

export function createWindowSegment(
  spec: WindowOperatorSpec,
  context: SegmentContext,
  room: { readonly rowCapacity?: number },
): Segment {
  const { id, name, key, inputType, outputType, window, sideOutputs = [] } = spec;
  if (key === null || inputType === null || outputType === null) {
    throw new TypeError(`${name} knows its key and its types`);
  }
  const late = sideOutputs.findIndex(({ tag }) => tag === window.lateTag);
  const { assigner } = window;
  const parts = {
    id,
    name,
    key,
    inputType,
    outputType,
    fold: foldOf(spec, context),
    allowedLateness: BigInt(window.allowedLatenessMs),
    lateOutput: late < 0 ? null : late + 1,
    context,
    ...room,
    // With a tag that nobody reads they are dropped without a word, as in Flink.
    countLate: (records: number) => {
      if (window.lateTag === null) context.metrics.add(METRIC_LATE_RECORDS_DROPPED, records);
    },
  };
  if (assigner.kind !== "session")
    return new WindowSegment({ ...parts, windows: windowsOf(window) });
  if (assigner.gapMs === null)
    throw new TypeError("sessions with a gap of each record run in JavaScript");
  return new SessionSegment({ ...parts, gap: BigInt(assigner.gapMs) });
}

function foldOf(spec: WindowOperatorSpec, context: SegmentContext): WindowFold {
  const { id, name, window, module = null, changedFields = [], accumulatorType = null } = spec;
  const { fold } = window;
  if ("field" in fold) return fold;
  const owner = { operatorName: name, subtaskIndex: context.subtaskIndex };
  if (fold.kind === "aggregate" && module !== null && accumulatorType !== null) {
    const aggregate = new Aggregate(owner, context.functionOf(id, "fn"));
    const folding = new AggregateFold(aggregate, context.runtimeContext);
    return { kind: "aggregate", moduleId: module, accumulatorType, fold: folding };
  }
  if (fold.kind !== "reduce" || module === null) {
    throw new TypeError(`windows of ${fold.kind} run in JavaScript`);
  }
  const fn = new UserFunction(owner, context.functionOf(id, "fn"), "reduce");
  const reduce = new ReduceFold(fn, context.runtimeContext);
  return { kind: "reduce", moduleId: module, changedFields, fold: reduce };
}

function windowsOf({ assigner }: WindowSpec): TimeWindows {
  if (assigner.kind !== "tumbling" && assigner.kind !== "sliding") {
    throw new TypeError(`${assigner.kind} windows run in JavaScript`);
  }
  const slideMs = assigner.kind === "tumbling" ? assigner.sizeMs : assigner.slideMs;
  return {
    size: BigInt(assigner.sizeMs),
    slide: BigInt(slideMs),
    offset: BigInt(assigner.offsetMs),
  };
}
