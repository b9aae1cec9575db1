/**
 * Types of records along the graph: declared by a source or returns(), kept by operators that pass
 * records on. null = found out from the first record.
 */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import type { WindowSpec } from "../../dataplane/protocol/window-spec.ts";
import { formatType, isSameType } from "../common/data-types.ts";
import type { NodeId, Outlet, StreamNode } from "./stream-graph.ts";

/** Type of what comes out of a place; null = found out at run time. */
export type OutputTypes = (outlet: Outlet) => DataType | null;

/** Type of what `node` emits; `name` is for messages. Throws MR_GRAPH_INVALID. */
export function outputType(
  node: StreamNode,
  name: string,
  outputs: OutputTypes,
  inferred: ReadonlySet<NodeId> = NONE,
): DataType | null {
  switch (node.kind) {
    case "source":
      return sourceType(name, node.source.producedType, node.type);
    case "map":
    case "flatMap":
    case "async":
      return node.type;
    case "connect":
    case "broadcast":
    case "intervalJoin":
    case "windowJoin":
      inputType(node, name, outputs, inferred, 1);
      return node.type;
    case "process":
      if (node.form !== "filter") return node.type;
      return inputType(node, name, outputs, inferred);
    case "window": {
      const input = inputType(node, name, outputs, inferred);
      return keepsType(node.window) ? input : node.type;
    }
    default:
      return inputType(node, name, outputs, inferred);
  }
}

/** Whether windows put out records of the type they read. */
export function keepsType({ fold, call }: WindowSpec): boolean {
  return call === null && fold.kind !== "aggregate";
}

const NONE: ReadonlySet<NodeId> = new Set();

/**
 * Type of what `node` reads by one of its inputs: that of the streams it is a union of, if all have one. Types that were `inferred` from functions
 * and do not agree with the others are no error: rows then have their types at run time.
 * Throws MR_GRAPH_INVALID.
 */
export function inputType(
  node: StreamNode,
  name: string,
  outputs: OutputTypes,
  inferred: ReadonlySet<NodeId> = NONE,
  which = 0,
): DataType | null {
  const inputs = node.inputs.filter((input) => (input.which ?? 0) === which);
  const types = inputs.map((input) => outputs(input));
  const [known] = types.filter((type) => type !== null);
  if (known === undefined) return null;
  const isInferred = inputs.some(
    (input) => input.sideOutput === undefined && inferred.has(input.node),
  );
  if (isInferred && types.some((type) => type === null || !isSameType(known, type))) return null;
  for (const other of types) {
    if (other !== null && !isSameType(known, other)) {
      throw new EngineError("MR_GRAPH_INVALID", {
        message: `Operator ${name}: its inputs are ${formatType(known)} and ${formatType(other)}. Streams of one union need one type: declare it with returns().`,
      });
    }
  }
  return types.includes(null) ? null : known;
}

function sourceType(
  name: string,
  produced: DataType | null,
  declared: DataType | null,
): DataType | null {
  if (produced === null || declared === null || isSameType(produced, declared))
    return declared ?? produced;
  throw new EngineError("MR_GRAPH_INVALID", {
    message: `${name} produces ${formatType(produced)}; returns(${formatType(declared)}) cannot change that. Convert with map().`,
  });
}
