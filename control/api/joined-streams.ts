/** Joins and co-groups of two streams by key and window. */
import type { Collector } from "../../dataplane/functions/collector.ts";
import type {
  CoGroupFunction,
  FlatJoinFunction,
  Joined,
  JoinFunction,
  TaggedUnion,
} from "../../dataplane/functions/joins.ts";
import type { Evictor } from "../../dataplane/functions/windows/evictor.ts";
import type { Trigger } from "../../dataplane/functions/windows/trigger.ts";
import type { Window } from "../../dataplane/functions/windows/window.ts";
import type { WindowAssigner } from "../../dataplane/functions/windows/window-assigner.ts";
import type { WindowJoinForm } from "../../dataplane/protocol/deployment.ts";
import type { TimeSpan } from "../../dataplane/protocol/duration.ts";
import type { TypeInformation } from "../common/types.ts";
import type { ConnectedStreams } from "./connected-streams.ts";
import type { SingleOutputStreamOperator } from "./data-stream.ts";
import type { FieldOf, FieldType } from "./field-types.ts";
import { checkFunction, type KeySelector, type RecordValue } from "./functions.ts";
import { WindowDefinition } from "./window-definition.ts";

type Selector<T, K> = ((value: T) => K) | KeySelector<T, K>;

/** How a join ends: with what is to be done with the windows. */
type Windowed<T1, T2, W extends Window, F extends WindowJoinForm> = F extends "join"
  ? JoinedWindows<T1, T2, W>
  : CoGroupedWindows<T1, T2, W>;

/** Two streams that are to be joined: `a.join(b).where(..).equalTo(..).window(..).apply(..)`. @public */
export class JoinedStreams<T1, T2, F extends WindowJoinForm> {
  readonly #streams: ConnectedStreams<T1, T2>;
  readonly #form: F;

  /** @internal */
  constructor(streams: ConnectedStreams<T1, T2>, form: F) {
    this.#streams = streams;
    this.#form = form;
  }

  /** The key of the first stream, as in DataStream.keyBy(). */
  where<K extends RecordValue>(
    key: Selector<T1, K>,
    keyType?: TypeInformation<K>,
  ): JoinedWhere<T1, T2, K, F>;
  where<K extends FieldOf<T1>>(
    key: K,
  ): JoinedWhere<T1, T2, NonNullable<FieldType<T1, K>> & RecordValue, F>;
  where(key: unknown, keyType?: unknown): JoinedWhere<T1, T2, RecordValue, F> {
    return new JoinedWhere(this.#streams, this.#form, { key, keyType });
  }
}

interface Where {
  readonly key: unknown;
  readonly keyType: unknown;
}

/** @public */
export class JoinedWhere<T1, T2, K extends RecordValue, F extends WindowJoinForm> {
  readonly #streams: ConnectedStreams<T1, T2>;
  readonly #form: F;
  readonly #where: Where;

  /** @internal */
  constructor(streams: ConnectedStreams<T1, T2>, form: F, where: Where) {
    this.#streams = streams;
    this.#form = form;
    this.#where = where;
  }

  /** The key of the second stream, of the same type. */
  equalTo(key: Selector<T2, K>): JoinedByKey<T1, T2, F>;
  equalTo(key: FieldOf<T2>): JoinedByKey<T1, T2, F>;
  equalTo(key: unknown): JoinedByKey<T1, T2, F> {
    const { key: first, keyType } = this.#where;
    const type = keyType === undefined ? [] : [keyType];
    const keyBy = this.#streams.keyBy as (...keys: readonly unknown[]) => ConnectedStreams<T1, T2>;
    return new JoinedByKey(keyBy.call(this.#streams, first, key, ...type), this.#form);
  }
}

/** @public */
export class JoinedByKey<T1, T2, F extends WindowJoinForm> {
  readonly #streams: ConnectedStreams<T1, T2>;
  readonly #form: F;

  /** @internal */
  constructor(streams: ConnectedStreams<T1, T2>, form: F) {
    this.#streams = streams;
    this.#form = form;
  }

  /** The windows of both streams. What the assigner sees are TaggedUnions. Throws MR_FUNCTION_INVALID. */
  window<W extends Window>(
    assigner: WindowAssigner<TaggedUnion<T1, T2>, W>,
  ): Windowed<T1, T2, W, F> {
    const definition = new WindowDefinition(assigner, "window()");
    const windows =
      this.#form === "join"
        ? new JoinedWindows<T1, T2, W>(this.#streams, definition)
        : new CoGroupedWindows<T1, T2, W>(this.#streams, definition);
    return windows as Windowed<T1, T2, W, F>;
  }
}

abstract class WindowsOfTwo<T1, T2, W extends Window> {
  readonly #streams: ConnectedStreams<T1, T2>;
  readonly #definition: WindowDefinition;

  /** @internal */
  constructor(streams: ConnectedStreams<T1, T2>, definition: WindowDefinition) {
    this.#streams = streams;
    this.#definition = definition;
  }

  /** When windows fire; takes the place of the assigner's own trigger. Throws MR_GRAPH_INVALID for windows that merge. */
  trigger(trigger: Trigger<TaggedUnion<T1, T2>, W>): this {
    this.#definition.setTrigger(trigger);
    return this;
  }

  /** Which elements of a window are left out when it fires. */
  evictor(evictor: Evictor<TaggedUnion<T1, T2>, W>): this {
    this.#definition.setEvictor(evictor);
    return this;
  }

  /** How long windows of event time stay behind the watermark: late records fire them again. */
  allowedLateness(lateness: TimeSpan): this {
    this.#definition.setAllowedLateness(lateness);
    return this;
  }

  /** @internal */
  protected applied<R>(fn: unknown, form: WindowJoinForm): SingleOutputStreamOperator<R> {
    const operation = `apply() of ${form}()`;
    checkFunction(fn, { operation, method: form });
    return this.#streams.transform(this.#definition.joinKind(form, fn), operation);
  }
}

/** @public */
export class JoinedWindows<T1, T2, W extends Window> extends WindowsOfTwo<T1, T2, W> {
  /**
   * Calls the function with each pair of records of a key and window; a function of three parameters
   * is given a collector.
   *
   * ```ts
   * orders
   *   .join(payments)
   *   .where("id")
   *   .equalTo("order")
   *   .window(TumblingEventTimeWindows.of("1 min"))
   *   .apply((order, payment) => [order.id, payment.amount]);
   * ```
   */
  apply<R extends RecordValue>(
    fn:
      | ((first: T1, second: T2, out: Collector<R>) => Joined<R>)
      | JoinFunction<T1, T2, R>
      | FlatJoinFunction<T1, T2, R>,
  ): SingleOutputStreamOperator<R> {
    return this.applied(fn, "join");
  }
}

/** @public */
export class CoGroupedWindows<T1, T2, W extends Window> extends WindowsOfTwo<T1, T2, W> {
  /**
   * Calls the function with both groups of each key and window, one of which may be empty: so that
   * outer joins can be written.
   */
  apply<R extends RecordValue>(
    fn:
      | ((first: readonly T1[], second: readonly T2[], out: Collector<R>) => void)
      | CoGroupFunction<T1, T2, R>,
  ): SingleOutputStreamOperator<R> {
    return this.applied(fn, "coGroup");
  }
}
