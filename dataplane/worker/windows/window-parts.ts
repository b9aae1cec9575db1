/** Assigners, triggers and evictors from what the job graph says of them and the program's functions. */

import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from "../../functions/windows/continuous-trigger.ts";
import { CountTrigger } from "../../functions/windows/count-trigger.ts";
import { DeltaTrigger } from "../../functions/windows/delta-trigger.ts";
import { EventTimeTrigger } from "../../functions/windows/event-time-trigger.ts";
import type { Evictor } from "../../functions/windows/evictor.ts";
import { CountEvictor, DeltaEvictor, TimeEvictor } from "../../functions/windows/evictors.ts";
import { EndOfStreamTrigger, NeverTrigger } from "../../functions/windows/fixed-triggers.ts";
import { GlobalWindows } from "../../functions/windows/global-windows.ts";
import { ProcessingTimeTrigger } from "../../functions/windows/processing-time-trigger.ts";
import { ProcessingTimeoutTrigger } from "../../functions/windows/processing-timeout-trigger.ts";
import { PurgingTrigger } from "../../functions/windows/purging-trigger.ts";
import {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  type SessionGap,
} from "../../functions/windows/session-windows.ts";
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
} from "../../functions/windows/sliding-windows.ts";
import type { Trigger } from "../../functions/windows/trigger.ts";
import {
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from "../../functions/windows/tumbling-windows.ts";
import type { WindowAssigner } from "../../functions/windows/window-assigner.ts";
import type { EvictorSpec, TriggerSpec, WindowAssignerSpec } from "../../protocol/window-spec.ts";
import type { UserFunction } from "../operators/user-function.ts";
import { CustomAssigner, CustomEvictor, CustomTrigger } from "./custom-parts.ts";

/** The program's function of a role ("assigner", "gap", "trigger", "evictor"), with the method it has as an object. */
export type FunctionOf = (role: string, method: string) => UserFunction;

/** Errors: MR_FUNCTION_INVALID. */
export function createAssigner(
  spec: WindowAssignerSpec,
  functionOf: FunctionOf,
): WindowAssigner<unknown> {
  switch (spec.kind) {
    case "tumbling":
      return spec.time === "event"
        ? new TumblingEventTimeWindows(spec)
        : new TumblingProcessingTimeWindows(spec);
    case "sliding":
      return spec.time === "event"
        ? new SlidingEventTimeWindows(spec)
        : new SlidingProcessingTimeWindows(spec);
    case "session": {
      const gap = spec.gapMs ?? dynamicGap(functionOf("gap", "extract"));
      return spec.time === "event"
        ? new EventTimeSessionWindows(gap)
        : new ProcessingTimeSessionWindows(gap);
    }
    case "global":
      return new GlobalWindows(spec.firesAtEnd);
    case "custom":
      return new CustomAssigner((method) => functionOf("assigner", method));
  }
}

/** Errors: MR_FUNCTION_INVALID. */
export function createTrigger(spec: TriggerSpec, functionOf: FunctionOf): Trigger<unknown> {
  switch (spec.kind) {
    case "event-time":
      return EventTimeTrigger.create();
    case "processing-time":
      return ProcessingTimeTrigger.create();
    case "never":
      return new NeverTrigger();
    case "end-of-stream":
      return new EndOfStreamTrigger();
    case "count":
      return CountTrigger.of(spec.count);
    case "continuous":
      return spec.time === "event"
        ? ContinuousEventTimeTrigger.of(spec.intervalMs)
        : ContinuousProcessingTimeTrigger.of(spec.intervalMs);
    case "delta":
      return DeltaTrigger.of(spec.threshold, deltaOf(functionOf("trigger", "getDelta")));
    case "purging":
      return PurgingTrigger.of(createTrigger(spec.of, functionOf));
    case "processing-timeout": {
      const nested = createTrigger(spec.of, functionOf);
      const { timeoutMs, resetsTimerOnNewRecord, clearsOnTimeout } = spec;
      return ProcessingTimeoutTrigger.of(
        nested,
        timeoutMs,
        resetsTimerOnNewRecord,
        clearsOnTimeout,
      );
    }
    case "custom":
      return new CustomTrigger((method) => functionOf("trigger", method));
  }
}

/** Errors: MR_FUNCTION_INVALID. */
export function createEvictor(spec: EvictorSpec, functionOf: FunctionOf): Evictor<unknown> {
  switch (spec.kind) {
    case "count":
      return CountEvictor.of(spec.count, spec.evictsAfter);
    case "time":
      return TimeEvictor.of(spec.sizeMs, spec.evictsAfter);
    case "delta": {
      const delta = deltaOf(functionOf("evictor", "getDelta"));
      return DeltaEvictor.of(spec.threshold, delta, spec.evictsAfter);
    }
    case "custom":
      return new CustomEvictor((method) => functionOf("evictor", method));
  }
}

function dynamicGap(fn: UserFunction): SessionGap<unknown> {
  return (element) => fn.invoke(element, element) as number;
}

function deltaOf(fn: UserFunction): (oldDataPoint: unknown, newDataPoint: unknown) => number {
  return (oldDataPoint, newDataPoint) =>
    fn.invoke(newDataPoint, oldDataPoint, newDataPoint) as number;
}
