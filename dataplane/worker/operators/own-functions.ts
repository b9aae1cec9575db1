/** The functions of a chain: each CheckpointedFunction an object that no other subtask uses. */
import { isCheckpointed, ownFunction } from "../../connectors/own-function.ts";
import type { OperatorSpec } from "../../protocol/deployment.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { SegmentContext } from "../segment.ts";

/** Where a CheckpointedFunction has its state. */
const ROLES: Readonly<Partial<Record<OperatorSpec["kind"], string>>> = {
  process: "fn",
  connect: "fn",
  broadcast: "fn",
  intervalJoin: "fn",
  window: "window",
  windowJoin: "window",
};

/** As functionOf(). Errors: MR_FUNCTION_INVALID, MR_FEATURE_UNSUPPORTED. */
export function ownFunctions({
  operators,
  functionOf,
}: SegmentContext): SegmentContext["functionOf"] {
  const own = new Map<string, unknown>();
  return (operatorId, role) => {
    const place = `${operatorId}/${role}`;
    if (own.has(place)) return own.get(place);
    const spec = operators.find(({ id }) => id === operatorId);
    const fn = ownOrShared(functionOf(operatorId, role), role, spec);
    own.set(place, fn);
    return fn;
  };
}

function ownOrShared(fn: unknown, role: string, spec: OperatorSpec | undefined): unknown {
  if (spec === undefined || role === "source" || role === "sink") return fn;
  if (!isCheckpointed(fn, spec.name)) return fn;
  if (ROLES[spec.kind] === role && spec.engine === "js") return ownFunction(fn, spec.name);
  throw new EngineError("MR_FEATURE_UNSUPPORTED", {
    operation: `A CheckpointedFunction in operator ${spec.name}`,
    advice:
      "Keep the state in a process function, in map, filter or flatMap, or in a sink function.",
  });
}
