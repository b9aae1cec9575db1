/** From operators with two inputs to their segments. */
import type { OperatorSpec } from "../../protocol/deployment.ts";
import type { SegmentContext } from "../segment.ts";
import { createWindowOperator } from "../windows/create-window-operator.ts";
import { TaggingOperator } from "../windows/window-join.ts";
import { createBroadcastOperator } from "./broadcast-operator.ts";
import { createCoProcessOperator } from "./co-process.ts";
import { IntervalJoinOperator } from "./interval-join-operator.ts";
import type { OutputTarget } from "./output-target.ts";
import { ProcessSegment } from "./process-segment.ts";
import type { OperatorHost, StreamOperator } from "./stream-operator.ts";
import { UserFunction } from "./user-function.ts";

export type TwoInputSpec = Extract<OperatorSpec, { readonly inputs: unknown }>;

export interface TwoInputParts {
  readonly output: OutputTarget;
  /** Side outputs that somebody reads, by their tags. */
  readonly sideOutputs: ReadonlyMap<string, OutputTarget>;
  readonly context: SegmentContext;
}

/** Errors: MR_FUNCTION_INVALID. */
export function createTwoInputSegment(spec: TwoInputSpec, parts: TwoInputParts): ProcessSegment {
  return new ProcessSegment({
    operatorName: spec.name,
    inputs: spec.inputs,
    ...(spec.kind === "broadcast" ? { broadcastStates: spec.states } : {}),
    ...parts,
    fn: parts.context.functionOf(spec.id, spec.kind === "windowJoin" ? "window" : "fn"),
    create: (host) => createOperator(spec, parts.context, host),
  });
}

function createOperator(
  spec: TwoInputSpec,
  { subtaskIndex, functionOf }: SegmentContext,
  host: OperatorHost,
): StreamOperator {
  const owner = { operatorName: spec.name, subtaskIndex };
  const fn = functionOf(spec.id, "fn");
  switch (spec.kind) {
    case "connect":
      return createCoProcessOperator(spec.function, fn, owner, host);
    case "broadcast":
      return createBroadcastOperator(fn, owner, host);
    case "windowJoin": {
      const origin = {
        spec,
        subtaskIndex,
        functionOf: (role: string) => functionOf(spec.id, role),
      };
      return new TaggingOperator(createWindowOperator(origin, host));
    }
    case "intervalJoin":
      return new IntervalJoinOperator(spec, new UserFunction(owner, fn, "processElement"), host);
  }
}
