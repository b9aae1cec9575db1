/**
 * What happens when a window fires: its contents, or what an evictor leaves of them, go to the window
 * function.
 */
import type { Evictor, EvictorContext, TimestampedValue } from "../../functions/windows/evictor.ts";
import type { Window } from "../../functions/windows/window.ts";
import { asNumber } from "../../protocol/long.ts";
import type { Fold } from "../operators/fold-head.ts";
import type { OperatorHost } from "../operators/stream-operator.ts";
import type { Aggregate } from "./aggregate.ts";
import type { EventClock } from "./event-clock.ts";
import type { WindowContents } from "./window-contents.ts";
import type { WindowFunction } from "./window-function.ts";

export interface WindowEvaluation {
  /** @param value of the window's contents */
  fire(window: Window, stateWindow: string, value: unknown): void;
  clear(window: Window): void;
}

/** Contents that are one result. */
export class ResultEvaluation implements WindowEvaluation {
  readonly #function: WindowFunction;

  constructor(fn: WindowFunction) {
    this.#function = fn;
  }

  fire(window: Window, _stateWindow: string, value: unknown): void {
    this.#function.fire(window, [value]);
  }

  clear(window: Window): void {
    this.#function.clear(window);
  }
}

/** Contents that are all elements. */
export class ElementsEvaluation implements WindowEvaluation {
  readonly #function: WindowFunction;

  constructor(fn: WindowFunction) {
    this.#function = fn;
  }

  fire(window: Window, _stateWindow: string, value: unknown): void {
    this.#function.fire(window, value as readonly unknown[]);
  }

  clear(window: Window): void {
    this.#function.clear(window);
  }
}

/** What becomes of the elements that an evictor leaves. */
export type Summary = (values: readonly unknown[]) => readonly unknown[];

export const allOf: Summary = (values) => values;

/** Nothing of nothing. */
export function foldedBy(fold: Fold): Summary {
  return ([first, ...others]) => {
    if (first === undefined) return [];
    return [others.reduce((folded, value) => fold.fold(folded, value), fold.start(first))];
  };
}

/** As in Flink, of no elements too; a result of null is none. */
export function aggregatedBy(aggregate: Aggregate): Summary {
  return (values) => {
    const add = (accumulator: unknown, value: unknown) => aggregate.add(value, accumulator);
    const result = aggregate.result(values.reduce(add, aggregate.create()));
    return result === null ? [] : [result];
  };
}

export interface EvictingParts {
  readonly host: OperatorHost;
  readonly clock: EventClock;
  readonly evictor: Evictor<unknown>;
  readonly contents: WindowContents;
  readonly function: WindowFunction;
  readonly summary: Summary;
}

/** Contents are TimestampedValues; those that are evicted are gone. */
export class EvictingEvaluation implements WindowEvaluation {
  readonly #parts: EvictingParts;
  readonly #context: EvictorContext;

  constructor(parts: EvictingParts) {
    const { host, clock } = parts;
    this.#parts = parts;
    this.#context = {
      getCurrentProcessingTime: () => host.currentProcessingTime(),
      getCurrentWatermark: () => asNumber(clock.watermark),
    };
  }

  fire(window: Window, stateWindow: string, value: unknown): void {
    const { evictor, contents, summary } = this.#parts;
    const elements = value as TimestampedValue<unknown>[];
    evictor.evictBefore(elements, elements.length, window, this.#context);
    const values = elements.map((element) => element.value);
    this.#parts.function.fire(window, summary(values));
    evictor.evictAfter(elements, elements.length, window, this.#context);
    if (elements.length === 0) contents.clear(stateWindow);
  }

  clear(window: Window): void {
    this.#parts.function.clear(window);
  }
}
