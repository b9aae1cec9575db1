/**
 * Collects the nodes of one environment. Nodes are replaced, never changed. take() hands out what was
 * defined since the last take(); from then on those nodes are closed (MR_GRAPH_ALREADY_EXECUTED).
 */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type {
  NodeId,
  NodeKind,
  NodeSettings,
  Outlet,
  PlannedSource,
  StreamGraph,
  StreamNode,
} from "./stream-graph.ts";

export class StreamGraphBuilder {
  #open = new Map<NodeId, StreamNode>();
  #nextId: NodeId = 1;

  /** Adds an operator; `operation` names the call in errors ("map()"). */
  add(
    kind: NodeKind,
    inputs: readonly Outlet[],
    environmentParallelism: number,
    operation: string,
  ): NodeId {
    for (const input of inputs) this.#openNode(input.node, operation);
    const id = this.#nextId;
    this.#nextId += 1;
    const settings: NodeSettings = {
      name: null,
      uid: null,
      parallelism: null,
      environmentParallelism,
      maxParallelism: null,
      chaining: "ALWAYS",
      slotSharingGroup: null,
      engine: null,
      bufferTimeoutMs: null,
      type: null,
    };
    this.#open.set(
      id,
      Object.freeze({ ...kind, ...settings, id, inputs: Object.freeze([...inputs]) }),
    );
    return id;
  }

  /** Sets properties of a node that was not executed yet. */
  update(id: NodeId, change: Partial<NodeSettings>, operation: string): void {
    this.#open.set(id, Object.freeze({ ...this.#openNode(id, operation), ...change }));
  }

  /** Puts another source in the place of a source node's. */
  replaceSource(id: NodeId, source: PlannedSource, operation: string): void {
    const node = this.#openNode(id, operation);
    if (node.kind !== "source") throw new TypeError(`${operation}: node ${id} is no source.`);
    this.#open.set(id, Object.freeze({ ...node, source }));
  }

  /** A node that was not executed yet. */
  node(id: NodeId, operation: string): StreamNode {
    return this.#openNode(id, operation);
  }

  /** What was defined since the last take(), which stays open. */
  peek(): StreamGraph {
    return Object.freeze({ nodes: Object.freeze([...this.#open.values()]) });
  }

  /** What was defined since the last take(), closed from now on. */
  take(): StreamGraph {
    const graph = this.peek();
    this.#open = new Map();
    return graph;
  }

  #openNode(id: NodeId, operation: string): StreamNode {
    const node = this.#open.get(id);
    if (node === undefined) throw new EngineError("MR_GRAPH_ALREADY_EXECUTED", { operation });
    return node;
  }
}
