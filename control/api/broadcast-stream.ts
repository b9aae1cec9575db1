/** Streams that go to every subtask, and what they keep there. */
import type {
  BroadcastContext,
  BroadcastOnTimerContext,
  BroadcastProcessFunctionOf,
  KeyedBroadcastContext,
  KeyedReadOnlyBroadcastContext,
  ReadOnlyBroadcastContext,
} from "../../dataplane/functions/broadcast.ts";
import { MapStateDescriptor } from "../../dataplane/functions/state.ts";
import { describeValue } from "../common/describe-value.ts";
import type { ConnectedParts } from "./connected-streams.ts";
import type { DataStream, SingleOutputStreamOperator } from "./data-stream.ts";
import { checkFunctionObject, invalidFunction, type RecordValue } from "./functions.ts";

/** What DataStream.broadcast() makes of a stream, with the broadcast state its records write. @public */
export class BroadcastStream<T> {
  /** @internal */
  readonly stream: DataStream<T>;
  /** @internal Names of the maps. */
  readonly states: readonly string[];

  /** @internal Throws MR_FUNCTION_INVALID. */
  constructor(stream: DataStream<T>, descriptors: readonly MapStateDescriptor<unknown, unknown>[]) {
    this.stream = stream;
    this.states = descriptors.map((descriptor) => {
      if (descriptor instanceof MapStateDescriptor) return descriptor.name;
      throw invalidFunction("broadcast()", "MapStateDescriptors", describeValue(descriptor));
    });
    if (new Set(this.states).size === this.states.length) return;
    throw invalidFunction("broadcast()", "maps with names of their own", this.states.join(", "));
  }
}

/**
 * A stream (keyed by keys of type K, or not) and a broadcast one in front of one operator.
 * @public
 */
export class BroadcastConnectedStream<T1, T2, K = never> {
  readonly #parts: ConnectedParts<T1, T2>;
  readonly #states: readonly string[];

  /** @internal */
  constructor(parts: ConnectedParts<T1, T2>, states: readonly string[]) {
    this.#parts = parts;
    this.#states = states;
  }

  /**
   * Any number of records out for each record in. Broadcast records write broadcast state, the others read it.
   *
   * ```ts
   * const rates = new MapStateDescriptor<string, number>("rates");
   * orders.connect(rateUpdates.broadcast(rates)).process({
   *   processElement(order, ctx, out) {
   *     out.collect(order.total * (ctx.getBroadcastState(rates).get(order.currency) ?? 1));
   *   },
   *   processBroadcastElement([currency, rate], ctx) {
   *     ctx.getBroadcastState(rates).put(currency, rate);
   *   },
   * });
   * ```
   */
  process<R extends RecordValue>(
    fn: BroadcastFunctionFor<K, T1, T2, R>,
  ): SingleOutputStreamOperator<R> {
    const operation = "connect(broadcast).process()";
    checkFunctionObject(fn, operation, ["processElement", "processBroadcastElement"]);
    const { add, isKeyed } = this.#parts;
    return add<R>({ kind: "broadcast", fn, states: this.#states, isKeyed }, operation);
  }
}

/** K is never where the stream is not keyed. */
type BroadcastFunctionFor<K, T1, T2, R> = [K] extends [never]
  ? BroadcastProcessFunctionOf<ReadOnlyBroadcastContext, BroadcastContext, never, T1, T2, R>
  : BroadcastProcessFunctionOf<
      KeyedReadOnlyBroadcastContext<K>,
      KeyedBroadcastContext<K>,
      BroadcastOnTimerContext<K>,
      T1,
      T2,
      R
    >;
