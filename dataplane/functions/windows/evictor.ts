/** Takes elements out of a window, before or after its function is called (after Flink's Evictor). */
import type { EvictorSpec } from "../../protocol/window-spec.ts";
import type { Window } from "./window.ts";

/** An element of a window, with its time. @public */
export interface TimestampedValue<T> {
  readonly value: T;
  /** ms; null = it has none. */
  readonly timestamp: number | null;
}

/** @public */
export interface EvictorContext {
  getCurrentProcessingTime(): number;
  /** Long.MIN (a bigint) before the first watermark. */
  getCurrentWatermark(): number;
}

/**
 * Decides which elements of a window stay. Windows with an evictor keep all their elements until then.
 *
 * ```ts
 * class Newest extends Evictor<Order> {
 *   evictBefore(elements) { elements.splice(0, elements.length - 1); }
 *   evictAfter() {}
 * }
 * ```
 * @public
 */
export abstract class Evictor<T, W extends Window = Window> {
  /** Before the function is called: removes elements from the array, in place. */
  abstract evictBefore(
    elements: TimestampedValue<T>[],
    size: number,
    window: W,
    ctx: EvictorContext,
  ): void;
  /** After it. */
  abstract evictAfter(
    elements: TimestampedValue<T>[],
    size: number,
    window: W,
    ctx: EvictorContext,
  ): void;

  /** @internal */
  get spec(): EvictorSpec {
    return { kind: "custom" };
  }

  /** @internal What `spec` does not say: the function of role "evictor". */
  get custom(): unknown {
    return this;
  }
}

/** One that does the same before or after. */
export abstract class OneSidedEvictor<T> extends Evictor<T> {
  protected readonly evictsAfter: boolean;

  constructor(evictsAfter: boolean) {
    super();
    this.evictsAfter = evictsAfter;
  }

  override evictBefore(elements: TimestampedValue<T>[]): void {
    if (!this.evictsAfter) this.evict(elements);
  }

  override evictAfter(elements: TimestampedValue<T>[]): void {
    if (this.evictsAfter) this.evict(elements);
  }

  protected abstract evict(elements: TimestampedValue<T>[]): void;
}

/** Leaves those that `stays` is true of, in the same array. */
export function keepWhere<T>(
  elements: TimestampedValue<T>[],
  stays: (element: TimestampedValue<T>) => boolean,
): void {
  let kept = 0;
  for (const element of elements) {
    if (!stays(element)) continue;
    elements[kept] = element;
    kept += 1;
  }
  elements.length = kept;
}
