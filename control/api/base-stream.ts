/** What all streams have: where they come from, and sinks they end in. */
import { FunctionSink, type SinkFunction } from "../../dataplane/connectors/function-sink.ts";
import type { Sink } from "../../dataplane/connectors/sink.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { describeValue } from "../common/describe-value.ts";
import type { NodeId, NodeKind, Outlet } from "../plan/stream-graph.ts";
import { type CloseableAsyncIterator, CollectedIterator, takeRows } from "./collected-iterator.ts";
import { DataStreamSink } from "./data-stream-sink.ts";
import { checkObject, invalidFunction } from "./functions.ts";
import { NodeHandle } from "./node-handle.ts";
import type { StreamContext } from "./stream-context.ts";

declare const RECORDS: unique symbol;

/** Any stream of records of type T; the least that union() asks of one. @public */
export interface StreamOf<T> {
  /** Never there at run time. */
  readonly [RECORDS]?: T;
}

/** See DataStream. @public */
export abstract class BaseStream<T> implements StreamOf<T> {
  declare readonly [RECORDS]?: T;
  /** @internal */
  protected readonly context: StreamContext;
  /** @internal Where the stream comes from: more than one place after union(). */
  protected readonly outlets: readonly Outlet[];

  /** @internal */
  constructor(context: StreamContext, outlets: readonly Outlet[]) {
    this.context = context;
    this.outlets = outlets;
  }

  /**
   * Writes records to stdout, one a line: `3> (hello,1)` from the third of several subtasks,
   * `counts:3> (hello,1)` with an identifier.
   */
  print(identifier = ""): DataStreamSink<T> {
    return this.#print("print()", identifier, false);
  }

  /** As print(), to stderr. */
  printToErr(identifier = ""): DataStreamSink<T> {
    return this.#print("printToErr()", identifier, true);
  }

  /** Ends the stream in a sink. */
  sinkTo<CommittableT = never, WriterStateT = never>(
    sink: Sink<T, CommittableT, WriterStateT>,
  ): DataStreamSink<T> {
    checkObject(sink, "sinkTo()", "a Sink", ["createWriter"]);
    return this.#sink({ kind: "sink", sink }, "sinkTo()");
  }

  /**
   * Ends the stream in a function that is called with each record.
   * @deprecated As in Flink: write a Sink and use sinkTo().
   */
  addSink(sink: ((value: T) => void | Promise<void>) | SinkFunction<T>): DataStreamSink<T> {
    const object = typeof sink === "function" ? { invoke: sink } : sink;
    checkObject(object, "addSink()", "a function or a SinkFunction", ["invoke"]);
    return this.#sink({ kind: "sink", sink: new FunctionSink<T>(object) }, "addSink()");
  }

  /**
   * Runs the job and gives its records to the program: all of them, one by one, or the first `limit`
   * as an array, after which the job is canceled. Rejects with what execute() rejects with.
   *
   * ```ts
   * for await (const [word, count] of counts.executeAndCollect()) console.log(word, count);
   * const first = await counts.executeAndCollect(10);
   * ```
   */
  executeAndCollect(jobName?: string): CloseableAsyncIterator<T>;
  executeAndCollect(limit: number): Promise<T[]>;
  executeAndCollect(jobName: string, limit: number): Promise<T[]>;
  executeAndCollect(
    first?: string | number,
    second?: number,
  ): CloseableAsyncIterator<T> | Promise<T[]> {
    const limit = typeof first === "number" ? first : second;
    if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
      throw invalidFunction("executeAndCollect()", "a limit from 1", describeValue(limit));
    }
    const { graph } = this.context;
    const id = graph.add({ kind: "collect" }, this.outlets, 1, "executeAndCollect()");
    new NodeHandle(graph, id).setParallelism(1);
    const job = this.context.executeCollecting(typeof first === "string" ? first : undefined);
    const rows = new CollectedIterator<T>(job);
    return limit === undefined ? rows : takeRows(rows, limit);
  }

  /** @internal Of a stream that becomes one with this one. Throws MR_GRAPH_INVALID. */
  protected outletsOf<U>(other: BaseStream<U>, operation: string): readonly Outlet[] {
    if (other.context === this.context) return other.outlets;
    const message = `${operation}: the streams belong to two environments.`;
    throw new EngineError("MR_GRAPH_INVALID", { message });
  }

  /** @internal Adds an operator that has this stream and another as its inputs. Throws MR_GRAPH_INVALID. */
  protected addedWith<U>(other: BaseStream<U>, kind: NodeKind, operation: string): NodeId {
    const second = this.outletsOf(other, operation).map(
      (outlet) => ({ ...outlet, which: 1 }) as const,
    );
    const { graph } = this.context;
    return graph.add(kind, [...this.outlets, ...second], this.context.getParallelism(), operation);
  }

  /** @internal Adds an operator behind this stream. */
  protected added(kind: NodeKind, operation: string): NodeId {
    return this.context.graph.add(kind, this.outlets, this.context.getParallelism(), operation);
  }

  #sink(kind: NodeKind, operation: string): DataStreamSink<T> {
    return new DataStreamSink(new NodeHandle(this.context.graph, this.added(kind, operation)));
  }

  #print(operation: string, identifier: unknown, toStderr: boolean): DataStreamSink<T> {
    if (typeof identifier !== "string") {
      throw invalidFunction(operation, "an identifier that is a string", describeValue(identifier));
    }
    return this.#sink({ kind: "print", identifier, toStderr }, operation);
  }
}
