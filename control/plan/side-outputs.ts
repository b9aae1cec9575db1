/** Side outputs of the nodes of a graph: those that somebody reads, numbered from 1 in order of reading. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { formatType, isSameType } from "../common/data-types.ts";
import type { NodeId, Outlet, SideOutput, StreamGraph } from "./stream-graph.ts";

const NONE: readonly SideOutput[] = [];

export class SideOutputs {
  readonly #byNode = new Map<NodeId, SideOutput[]>();

  /** Throws MR_GRAPH_INVALID when tags of one id declare different types. */
  constructor(graph: StreamGraph) {
    for (const { inputs } of graph.nodes) {
      for (const { node, sideOutput } of inputs) {
        if (sideOutput !== undefined) this.#add(node, sideOutput);
      }
    }
  }

  of(node: NodeId): readonly SideOutput[] {
    return this.#byNode.get(node) ?? NONE;
  }

  /** Number of the output that is read; 0 = the main one. */
  numberOf({ node, sideOutput }: Outlet): number {
    return this.of(node).findIndex(({ id }) => id === sideOutput?.id) + 1;
  }

  /** Type of a side output; null = found out at run time. */
  typeOf({ node, sideOutput }: Outlet): DataType | null {
    return this.of(node).find(({ id }) => id === sideOutput?.id)?.type ?? null;
  }

  #add(node: NodeId, side: SideOutput): void {
    const known = this.#byNode.get(node) ?? [];
    const index = known.findIndex(({ id }) => id === side.id);
    const before = known[index];
    if (before === undefined) {
      this.#byNode.set(node, [...known, side]);
      return;
    }
    if (before.type !== null && side.type !== null && !isSameType(before.type, side.type)) {
      throw new EngineError("MR_GRAPH_INVALID", {
        message: `Side output "${side.id}" is ${formatType(before.type)} by one OutputTag and ${formatType(side.type)} by another. Tags of one id are one side output: give both one type, or ids of their own.`,
      });
    }
    known[index] = { id: side.id, type: before.type ?? side.type };
  }
}
