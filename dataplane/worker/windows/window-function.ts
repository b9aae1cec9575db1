/** What is made of a window that fires: its result as it is, or what the user's function puts out. */

import type { OutputTag } from "../../functions/output-tag.ts";
import type { KeyedStateStore } from "../../functions/state.ts";
import type { ProcessWindowContext } from "../../functions/windows/process-window-context.ts";
import { GlobalWindow, type Window } from "../../functions/windows/window.ts";
import { EngineError } from "../../protocol/errors.ts";
import { asNumber } from "../../protocol/long.ts";
import type { OperatorHost } from "../operators/stream-operator.ts";
import { UserCalls } from "../operators/user-calls.ts";
import type { UserFunction } from "../operators/user-function.ts";
import type { StateScope } from "../state/state-scope.ts";
import type { EventClock } from "./event-clock.ts";

export interface WindowFunction {
  /** @param elements all of the window, or its one result */
  fire(window: Window, elements: readonly unknown[]): void;
  /** The window goes. */
  clear(window: Window): void;
}

/** The result is the record. */
export class PassThrough implements WindowFunction {
  readonly #host: OperatorHost;

  constructor(host: OperatorHost) {
    this.#host = host;
  }

  /** Errors: MR_RECORD_NULL. */
  fire(window: Window, elements: readonly unknown[]): void {
    for (const element of elements) {
      if (element === null || element === undefined) {
        const { operatorName: operator } = this.#host;
        throw new EngineError("MR_RECORD_NULL", { operator, value: String(element) });
      }
      this.#host.collect(element, window.maxTimestamp());
    }
  }

  clear(): void {}
}

/** Calls the user about a window: what is put out has its last time. */
class WindowCalls {
  window: Window = GlobalWindow.get();
  readonly out: UserCalls;

  constructor(host: OperatorHost) {
    this.out = new UserCalls(host);
  }

  /** @param about for messages */
  call(fn: UserFunction, about: unknown, ...args: readonly unknown[]): void {
    const { out } = this;
    out.timestampMs = this.window.maxTimestamp();
    out.sideTimestampMs = out.timestampMs;
    fn.enter();
    out.begin();
    let result: unknown;
    try {
      result = fn.call(...args);
    } catch (error) {
      throw out.failed(fn, error, about);
    }
    out.end(fn, result);
  }
}

/** apply() of the user. */
export class ApplyFunction implements WindowFunction {
  readonly #host: OperatorHost;
  readonly #fn: UserFunction;
  readonly #isKeyed: boolean;
  readonly #calls: WindowCalls;

  constructor(host: OperatorHost, fn: UserFunction, isKeyed: boolean) {
    this.#host = host;
    this.#fn = fn;
    this.#isKeyed = isKeyed;
    this.#calls = new WindowCalls(host);
  }

  fire(window: Window, elements: readonly unknown[]): void {
    const calls = this.#calls;
    calls.window = window;
    const key = this.#isKeyed ? [this.#host.state?.currentKey] : [];
    calls.call(this.#fn, elements, ...key, window, elements, calls.out);
  }

  clear(): void {}
}

export interface ProcessParts {
  readonly host: OperatorHost;
  readonly clock: EventClock;
  readonly fn: UserFunction;
  /** The user's clear(); null = there is none. */
  readonly clear: UserFunction | null;
  readonly isKeyed: boolean;
  readonly windowState: KeyedStateStore;
  /** Of `windowState`; null = windows have none. */
  readonly windowScope: StateScope | null;
  readonly globalState: KeyedStateStore;
}

/** process() of the user. */
export class ProcessFunction implements WindowFunction {
  readonly #parts: ProcessParts;
  readonly #calls: WindowCalls;
  readonly #context: Context;

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    this.#calls = new WindowCalls(parts.host);
    this.#context = new Context(parts, this.#calls);
  }

  fire(window: Window, elements: readonly unknown[]): void {
    const { fn, host, isKeyed } = this.#parts;
    this.#enter(window);
    const key = isKeyed ? [host.state?.currentKey] : [];
    this.#calls.call(fn, elements, ...key, this.#context, elements, this.#calls.out);
  }

  clear(window: Window): void {
    const { clear } = this.#parts;
    if (clear === null) return;
    this.#enter(window);
    this.#calls.call(clear, window.toString(), this.#context);
  }

  #enter(window: Window): void {
    this.#calls.window = window;
    const { windowScope } = this.#parts;
    if (windowScope !== null) windowScope.namespace = window.text;
  }
}

class Context implements ProcessWindowContext<Window> {
  readonly #parts: ProcessParts;
  readonly #calls: WindowCalls;

  constructor(parts: ProcessParts, calls: WindowCalls) {
    this.#parts = parts;
    this.#calls = calls;
  }

  window(): Window {
    return this.#calls.window;
  }

  currentProcessingTime(): number {
    return this.#parts.host.currentProcessingTime();
  }

  currentWatermark(): number {
    return asNumber(this.#parts.clock.watermark);
  }

  windowState(): KeyedStateStore {
    return this.#parts.windowState;
  }

  globalState(): KeyedStateStore {
    return this.#parts.globalState;
  }

  output<X>(tag: OutputTag<X>, value: X): void {
    this.#calls.out.output(tag as OutputTag<unknown>, value);
  }
}

/** State of windows that merge: there is none, as in Flink. */
export class NoWindowState implements KeyedStateStore {
  readonly #operator: string;

  constructor(operator: string) {
    this.#operator = operator;
  }

  getState(): never {
    throw this.#error();
  }

  getListState(): never {
    throw this.#error();
  }

  getMapState(): never {
    throw this.#error();
  }

  getReducingState(): never {
    throw this.#error();
  }

  getAggregatingState(): never {
    throw this.#error();
  }

  #error(): EngineError {
    return new EngineError("MR_WINDOW_STATE", { operator: this.#operator });
  }
}
