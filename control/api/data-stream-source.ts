/** The beginning of a stream. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { descriptorOf, type TypeInformation } from "../common/types.ts";
import type { NodeId, PlannedSource } from "../plan/stream-graph.ts";
import { SingleOutputStreamOperator } from "./data-stream.ts";
import type { StreamContext } from "./stream-context.ts";

/** Makes the same source produce records of another type. */
export type SourceOfType = (type: DataType) => PlannedSource;

/**
 * The stream a source emits, with the settings of the source.
 * @public
 */
export class DataStreamSource<T> extends SingleOutputStreamOperator<T> {
  readonly #ofType: SourceOfType | null;
  readonly #node: NodeId;

  /** @internal `ofType`: null = the source produces what it produces. */
  constructor(context: StreamContext, node: NodeId, ofType: SourceOfType | null) {
    super(context, node);
    this.#node = node;
    this.#ofType = ofType;
  }

  /**
   * Number of subtasks, above every other level; -1 = the environment's. Throws MR_PARALLELISM_INVALID
   * when the source cannot be split that far: a socket has parallelism 1.
   */
  override setParallelism(parallelism: number): this {
    const node = this.handle.node("setParallelism()");
    const limit = node.kind === "source" ? node.source.maxSourceParallelism : undefined;
    if (limit !== undefined && parallelism > limit) {
      const expected =
        limit === 1
          ? "1: this source is not parallel"
          : `at most ${limit}, the limit of this source`;
      const what = `The parallelism of ${node.name ?? "the source"}`;
      throw new EngineError("MR_PARALLELISM_INVALID", { what, actual: parallelism, expected });
    }
    return super.setParallelism(parallelism);
  }

  /**
   * Declares the type of the records; a collection takes it instead of the one found in its values.
   * Throws MR_GRAPH_INVALID at execute() when the source produces records of another type.
   *
   * ```ts
   * env.fromElements(1, 2).returns(Types.INT); // without it: NUMBER
   * ```
   */
  override returns(type: TypeInformation<T>): this {
    super.returns(type);
    if (this.#ofType === null) return this;
    const source = this.#ofType(descriptorOf(type, "returns()"));
    this.context.graph.replaceSource(this.#node, source, "returns()");
    return this;
  }
}
