/** Side outputs as places where streams come from. */
import { OutputTag } from "../../dataplane/functions/output-tag.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { describeValue } from "../common/describe-value.ts";
import { descriptorOf } from "../common/types.ts";
import type { NodeId, Outlet, StreamNode } from "../plan/stream-graph.ts";
import { invalidFunction } from "./functions.ts";

/** Operators that put out to tags. */
const WITH_SIDE_OUTPUTS: ReadonlySet<StreamNode["kind"]> = new Set([
  "process",
  "connect",
  "broadcast",
  "intervalJoin",
  "window",
]);

export function sideOutlet(node: NodeId, { id, type }: OutputTag<never>): Outlet {
  const declared = type === null ? null : descriptorOf(type, "new OutputTag()");
  return { node, partitioner: null, sideOutput: { id, type: declared } };
}

/** The tag, if the operator puts out to tags. Throws MR_FUNCTION_INVALID, MR_GRAPH_INVALID. */
export function checkSideOutput({ kind }: StreamNode, tag: unknown): OutputTag<never> {
  if (!(tag instanceof OutputTag)) {
    throw invalidFunction("getSideOutput()", "an OutputTag", describeValue(tag));
  }
  if (WITH_SIDE_OUTPUTS.has(kind)) return tag as OutputTag<never>;
  throw new EngineError("MR_GRAPH_INVALID", {
    message: `getSideOutput(): a ${kind} has no side outputs. Put out to the tag in process().`,
  });
}
