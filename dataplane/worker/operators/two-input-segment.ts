/** From operators with two inputs to their segments. */
import type { OperatorSpec } from "../../protocol/deployment.ts";
import type { SegmentContext } from "../segment.ts";
import { createCoFunction } from "./co-functions.ts";
import type { OutputTarget } from "./output-target.ts";
import { ProcessSegment } from "./process-segment.ts";
import type { OperatorHost, StreamOperator } from "./stream-operator.ts";

export type TwoInputSpec = Extract<OperatorSpec, { readonly inputs: unknown }>;

export interface TwoInputParts {
  readonly output: OutputTarget;
  /** Side outputs that somebody reads, by their tags. */
  readonly sideOutputs: ReadonlyMap<string, OutputTarget>;
  readonly context: SegmentContext;
}

/** Errors: MR_FUNCTION_INVALID. */
export function createTwoInputSegment(spec: TwoInputSpec, parts: TwoInputParts): ProcessSegment {
  const { context } = parts;
  const fn = context.functionOf(spec.id, "fn");
  return new ProcessSegment({
    operatorName: spec.name,
    inputs: spec.inputs,
    ...parts,
    create: (host) => createOperator(spec, fn, context, host),
  });
}

function createOperator(
  spec: TwoInputSpec,
  fn: unknown,
  { subtaskIndex }: SegmentContext,
  host: OperatorHost,
): StreamOperator {
  const owner = { operatorName: spec.name, subtaskIndex };
  switch (spec.kind) {
    case "connect":
      if (spec.function !== "process") return createCoFunction(spec.function, fn, owner, host);
      throw new TypeError("not yet");
    default:
      throw new TypeError("not yet");
  }
}
