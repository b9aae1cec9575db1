/** How a stream is dealt out to the subtasks of the next operator. */
import type { MapStateDescriptor } from "../../dataplane/functions/state.ts";
import type { StreamPartitioner } from "../plan/stream-graph.ts";
import { BaseStream } from "./base-stream.ts";
import { BroadcastStream } from "./broadcast-stream.ts";
import type { DataStream } from "./data-stream.ts";
import type { FieldOf, FieldType } from "./field-types.ts";
import { checkFunction, type KeySelector, type Partitioner } from "./functions.ts";
import { keyDefinition } from "./key-definition.ts";

type AnyMapState = MapStateDescriptor<never, never>;

/** See DataStream. @public */
export abstract class PartitionableStream<T> extends BaseStream<T> {
  /** Deals records out round robin to all subtasks of the next operator. */
  rebalance(): DataStream<T> {
    return this.partitioned({ kind: "rebalance" });
  }

  /** Deals records out round robin to the neighbouring subtasks of the next operator only. */
  rescale(): DataStream<T> {
    return this.partitioned({ kind: "rescale" });
  }

  /**
   * Sends every record to all subtasks of the next operator. With descriptors, for connect(): these maps
   * are the broadcast state that the records write.
   */
  broadcast(): DataStream<T>;
  broadcast(...states: readonly [AnyMapState, ...(readonly AnyMapState[])]): BroadcastStream<T>;
  broadcast(...states: readonly AnyMapState[]): DataStream<T> | BroadcastStream<T> {
    const stream = this.partitioned({ kind: "broadcast" });
    return states.length === 0 ? stream : new BroadcastStream(stream, states);
  }

  /** Deals records out at random. */
  shuffle(): DataStream<T> {
    return this.partitioned({ kind: "shuffle" });
  }

  /** Sends all records to the first subtask of the next operator. */
  global(): DataStream<T> {
    return this.partitioned({ kind: "global" });
  }

  /** Keeps records in their subtask; the next operator must have the same parallelism (MR_GRAPH_INVALID). */
  forward(): DataStream<T> {
    return this.partitioned({ kind: "forward" });
  }

  /**
   * Deals records out by a function of a key. An answer that is no subtask fails the job.
   *
   * ```ts
   * orders.partitionCustom((region, count) => region % count, "region");
   * words.partitionCustom((length: number, count) => length % count, (word) => word.length);
   * ```
   */
  partitionCustom<F extends FieldOf<T>>(
    partitioner:
      | ((key: NonNullable<FieldType<T, F>>, numPartitions: number) => number)
      | Partitioner<NonNullable<FieldType<T, F>>>,
    field: F,
  ): DataStream<T>;
  partitionCustom<K>(
    partitioner: ((key: K, numPartitions: number) => number) | Partitioner<K>,
    selector: ((value: T) => K) | KeySelector<T, K>,
  ): DataStream<T>;
  partitionCustom(partitioner: unknown, key: unknown): DataStream<T> {
    checkFunction(partitioner, { operation: "partitionCustom()", method: "partition" });
    const { selector, function: keyFunction } = keyDefinition(key, [], "partitionCustom()");
    return this.partitioned({ kind: "custom", partitioner, selector, keyFunction });
  }

  /** @internal */
  protected abstract partitioned(partitioner: StreamPartitioner): DataStream<T>;
}
