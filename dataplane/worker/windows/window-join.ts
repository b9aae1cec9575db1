/**
 * Joins and co-groups of two keyed streams by windows, as in Flink: the records of both sides are elements of
 * one window operator, each with the number of its input, and taken apart again when a window fires.
 */
import type { TaggedUnion } from "../../functions/joins.ts";
import type { Window } from "../../functions/windows/window.ts";
import type { WindowJoinForm } from "../../protocol/deployment.ts";
import type { Timestamp } from "../operators/row-target.ts";
import type { OperatorHost, StreamOperator } from "../operators/stream-operator.ts";
import { UserCalls } from "../operators/user-calls.ts";
import type { UserFunction } from "../operators/user-function.ts";
import type { Timer } from "../state/timer-queue.ts";
import type { WindowFunction } from "./window-function.ts";

/** Puts the number of its input to each record. */
export class TaggingOperator implements StreamOperator {
  readonly #windows: StreamOperator;

  /** @param windows takes TaggedUnions */
  constructor(windows: StreamOperator) {
    this.#windows = windows;
  }

  open(): void | Promise<void> {
    return this.#windows.open();
  }

  processElement(record: unknown, timestampMs: Timestamp, which: number): void {
    const tagged = [which + 1, record] as TaggedUnion<unknown, unknown>;
    this.#windows.processElement(tagged, timestampMs, 0);
  }

  onEventTime(timer: Timer): void {
    this.#windows.onEventTime(timer);
  }

  onProcessingTime(timer: Timer): void {
    this.#windows.onProcessingTime(timer);
  }

  endOfInput(): void {
    this.#windows.endOfInput();
  }

  close(): void | Promise<void> {
    return this.#windows.close();
  }
}

/** join() or coGroup() of the user. */
export class JoinFunction implements WindowFunction {
  readonly #fn: UserFunction;
  readonly #calls: UserCalls;
  readonly #apply: (first: readonly unknown[], second: readonly unknown[]) => void;

  constructor(host: OperatorHost, fn: UserFunction, form: WindowJoinForm) {
    this.#fn = fn;
    this.#calls = new UserCalls(host);
    if (form === "coGroup") this.#apply = (first, second) => this.#coGroup(first, second);
    else this.#apply = (first, second) => this.#joinAll(first, second);
  }

  fire(window: Window, elements: readonly unknown[]): void {
    const sides: readonly [unknown[], unknown[]] = [[], []];
    for (const [input, value] of elements as readonly TaggedUnion<unknown, unknown>[]) {
      sides[input === 1 ? 0 : 1].push(value);
    }
    this.#calls.timestampMs = window.maxTimestamp();
    this.#apply(...sides);
  }

  clear(): void {}

  #coGroup(first: readonly unknown[], second: readonly unknown[]): void {
    this.#call([first, second], () => this.#fn.call(first, second, this.#calls));
  }

  #joinAll(first: readonly unknown[], second: readonly unknown[]): void {
    const takesCollector = this.#fn.arity >= 3;
    for (const one of first) {
      for (const other of second) {
        this.#call([one, other], () => {
          const result = this.#fn.call(one, other, this.#calls);
          if (!takesCollector && !(result instanceof Promise)) this.#calls.collect(result);
          return result;
        });
      }
    }
  }

  #call(about: unknown, action: () => unknown): void {
    const calls = this.#calls;
    this.#fn.enter();
    calls.begin();
    let result: unknown;
    try {
      result = action();
    } catch (error) {
      throw calls.failed(this.#fn, error, about);
    }
    calls.end(this.#fn, result);
  }
}
