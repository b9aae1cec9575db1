/** The settings of one operator of the graph, as the fluent setters change them. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { OptionName } from "../config/options.ts";
import { checkOption } from "../config/settings.ts";
import { keepsType } from "../plan/node-types.ts";
import { operatorName } from "../plan/operator-names.ts";
import { checkMaxParallelism, checkParallelism } from "../plan/parallelism.ts";
import type { ChainingStrategy, NodeId, NodeSettings, StreamNode } from "../plan/stream-graph.ts";
import type { StreamGraphBuilder } from "../plan/stream-graph-builder.ts";
import { checkText } from "./functions.ts";

/** Operators whose records are of a type that only they, or the program, can tell. */
const TYPED_BY_FUNCTION: ReadonlySet<StreamNode["kind"]> = new Set([
  "source",
  "map",
  "flatMap",
  "process",
  "async",
  "connect",
  "broadcast",
  "intervalJoin",
  "windowJoin",
  "window",
]);

/** Refuses returns() on operators that keep the type of their input. Throws MR_GRAPH_INVALID. */
export function checkNewType(node: StreamNode): void {
  const { kind } = node;
  const isKept =
    (kind === "process" && node.form === "filter") || (kind === "window" && keepsType(node.window));
  if (TYPED_BY_FUNCTION.has(kind) && !isKept) return;
  const message = `returns(): a ${kind} keeps the type of its input. Declare the type on the map(), flatMap(), process() or source before it.`;
  throw new EngineError("MR_GRAPH_INVALID", { message });
}

export class NodeHandle {
  readonly #graph: StreamGraphBuilder;
  readonly #id: NodeId;

  constructor(graph: StreamGraphBuilder, id: NodeId) {
    this.#graph = graph;
    this.#id = id;
  }

  node(operation: string): StreamNode {
    return this.#graph.node(this.#id, operation);
  }

  setName(name: string): void {
    this.set("name()", { name: checkText(name, "name()", "a name") });
  }

  setUid(uid: string): void {
    this.set("uid()", { uid: checkText(uid, "uid()", "a uid") });
  }

  setParallelism(value: number): void {
    const operation = "setParallelism()";
    const node = this.node(operation);
    const what = `The parallelism of ${operatorName(node)}`;
    const parallelism = checkParallelism(value, what);
    // Sources are cut down to what they can be; windows without a key are refused, as in Flink.
    if (node.kind === "window" && !node.isKeyed && (parallelism ?? 1) > 1) {
      const expected = "1, because its windows have no key";
      throw new EngineError("MR_PARALLELISM_INVALID", { what, actual: value, expected });
    }
    this.set(operation, { parallelism });
  }

  setMaxParallelism(value: number): void {
    const operation = "setMaxParallelism()";
    const what = `The maximum parallelism of ${operatorName(this.node(operation))}`;
    this.set(operation, { maxParallelism: checkMaxParallelism(value, what) });
  }

  setChaining(chaining: ChainingStrategy, operation: string): void {
    this.set(operation, { chaining });
  }

  setSlotSharingGroup(group: string): void {
    const operation = "slotSharingGroup()";
    this.set(operation, { slotSharingGroup: checkText(group, operation, "the name of a group") });
  }

  /** Sets one of the settings that options have too, checked as they are. */
  setOption<N extends OptionName & keyof NodeSettings>(
    name: N,
    value: unknown,
    operation: string,
  ): void {
    const checked = checkOption(
      name,
      value,
      `${operation} of ${operatorName(this.node(operation))}`,
    );
    this.set(operation, { [name]: checked } as Partial<NodeSettings>);
  }

  set(operation: string, change: Partial<NodeSettings>): void {
    this.#graph.update(this.#id, change, operation);
  }
}
