/** What a source or an operator that makes watermarks is put together from. */
import type { WatermarksSpec } from "../../protocol/deployment.ts";
import { METRIC_BACKPRESSURED_MS } from "../../protocol/metrics-layout.ts";
import type { Clock } from "../clock.ts";
import { type FunctionOwner, UserFunction } from "../operators/user-function.ts";
import type { SegmentContext } from "../segment.ts";
import type { ControlEvent } from "../stream-event.ts";
import {
  type Generator,
  IdlenessGenerator,
  MaxTimestampGenerator,
  NO_WATERMARKS,
  UserGenerator,
} from "./generators.ts";
import { TimestampAssigner } from "./timestamp-assigner.ts";
import { WatermarkEmitter } from "./watermark-emitter.ts";

/** Events that end at a segment which makes its own. */
export const OWN_EVENTS: ReadonlySet<ControlEvent["kind"]> = new Set(["watermark", "status"]);

export interface EventTimeParts {
  readonly spec: WatermarksSpec;
  readonly assigner: TimestampAssigner;
  readonly emitter: WatermarkEmitter;
  /** One for each split. Errors: MR_FUNCTION_THREW, MR_FUNCTION_INVALID. */
  createGenerator(): Generator;
}

/** Where the functions of an operator come from, and what its records are without them. */
export interface EventTimeOwner extends FunctionOwner {
  readonly id: string;
  readonly moduleId: string | null;
  /** See TimestampAssigner. */
  readonly missingTime: bigint | null;
}

/** Errors: MR_FUNCTION_INVALID. */
export function createEventTimeParts(
  owner: EventTimeOwner,
  spec: WatermarksSpec,
  context: SegmentContext,
): EventTimeParts {
  const { id, moduleId, missingTime } = owner;
  const functionOf = (role: string, method: string): UserFunction =>
    new UserFunction(owner, context.functionOf(id, role), method);
  const fn = spec.assigner ? functionOf("timestamps", "extractTimestamp") : null;
  const assigner = new TimestampAssigner({ fn, moduleId, missingTime, context });
  const supplier =
    spec.generator.kind === "function" ? functionOf("generator", "createWatermarkGenerator") : null;
  const { clock, metrics } = context;
  // Silence under backpressure says nothing about the stream.
  const activeMs = (): number => clock.monotonic() - metrics.get(METRIC_BACKPRESSURED_MS);
  const createGenerator = (): Generator => {
    const inner = createInner(spec.generator, supplier);
    const { idlenessMs } = spec;
    return idlenessMs === null ? inner : new IdlenessGenerator(inner, idlenessMs, activeMs);
  };
  return { spec, assigner, emitter: new WatermarkEmitter(metrics), createGenerator };
}

/** When the next periodic emission is due; Infinity = there are none. */
export function nextEmissionMs(parts: EventTimeParts | null, clock: Clock): number {
  if (parts === null || parts.spec.intervalMs === 0) return Number.POSITIVE_INFINITY;
  const { generator, idlenessMs, intervalMs } = parts.spec;
  if (generator.kind === "none" && idlenessMs === null) return Number.POSITIVE_INFINITY;
  return clock.now() + intervalMs;
}

function createInner(spec: WatermarksSpec["generator"], supplier: UserFunction | null): Generator {
  if (spec.kind === "max-timestamp") return new MaxTimestampGenerator(spec.lagMs);
  return supplier === null ? NO_WATERMARKS : new UserGenerator(supplier);
}
