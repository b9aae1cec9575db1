/** Assigners, triggers and evictors of the program: what they throw, or answer wrongly, is explained. */
import { kindText } from "../../formats/type-text.ts";
import {
  Evictor,
  type EvictorContext,
  type TimestampedValue,
} from "../../functions/windows/evictor.ts";
import {
  type OnMergeContext,
  Trigger,
  type TriggerContext,
  TriggerResult,
} from "../../functions/windows/trigger.ts";
import { GlobalWindow, TimeWindow, type Window } from "../../functions/windows/window.ts";
import {
  WindowAssigner,
  type WindowAssignerContext,
} from "../../functions/windows/window-assigner.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { UserFunction } from "../operators/user-function.ts";

/** One of the methods of the program's object. */
export type MethodOf = (name: string) => UserFunction;

export class CustomAssigner extends WindowAssigner<unknown> {
  readonly #assign: UserFunction;
  readonly #isEventTime: boolean;

  constructor(methodOf: MethodOf) {
    super();
    this.#assign = methodOf("assignWindows");
    this.#isEventTime = methodOf("isEventTime").invoke(undefined) === true;
  }

  /** Errors: MR_FUNCTION_THREW, MR_FUNCTION_INVALID. */
  override assignWindows(
    element: unknown,
    timestampMs: number,
    context: WindowAssignerContext,
  ): readonly Window[] {
    const windows = this.#assign.invoke(element, element, timestampMs, context);
    if (Array.isArray(windows) && windows.every(isWindow)) return windows;
    const expected = "an array of TimeWindow and GlobalWindow";
    throw wrongAnswer(this.#assign, "assignWindows", expected, windows);
  }

  override getDefaultTrigger(): never {
    throw new TypeError("the plan has chosen the trigger");
  }

  override isEventTime(): boolean {
    return this.#isEventTime;
  }
}

export class CustomTrigger extends Trigger<unknown> {
  readonly #onElement: UserFunction;
  readonly #onEventTime: UserFunction;
  readonly #onProcessingTime: UserFunction;
  readonly #onMerge: UserFunction;
  readonly #clear: UserFunction;

  constructor(methodOf: MethodOf) {
    super();
    this.#onElement = methodOf("onElement");
    this.#onEventTime = methodOf("onEventTime");
    this.#onProcessingTime = methodOf("onProcessingTime");
    this.#onMerge = methodOf("onMerge");
    this.#clear = methodOf("clear");
  }

  /** Errors, of all of these: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC, MR_FUNCTION_INVALID. */
  override onElement(
    element: unknown,
    timestampMs: number,
    window: Window,
    ctx: TriggerContext,
  ): TriggerResult {
    const result = this.#onElement.invoke(element, element, timestampMs, window, ctx);
    return resultOf(result, this.#onElement, "onElement");
  }

  override onEventTime(timeMs: number, window: Window, ctx: TriggerContext): TriggerResult {
    const result = this.#onEventTime.invoke(window.toString(), timeMs, window, ctx);
    return resultOf(result, this.#onEventTime, "onEventTime");
  }

  override onProcessingTime(timeMs: number, window: Window, ctx: TriggerContext): TriggerResult {
    const result = this.#onProcessingTime.invoke(window.toString(), timeMs, window, ctx);
    return resultOf(result, this.#onProcessingTime, "onProcessingTime");
  }

  override canMerge(): boolean {
    return true;
  }

  override onMerge(window: Window, ctx: OnMergeContext): void {
    this.#onMerge.invoke(window.toString(), window, ctx);
  }

  override clear(window: Window, ctx: TriggerContext): void {
    this.#clear.invoke(window.toString(), window, ctx);
  }
}

export class CustomEvictor extends Evictor<unknown> {
  readonly #before: UserFunction;
  readonly #after: UserFunction;

  constructor(methodOf: MethodOf) {
    super();
    this.#before = methodOf("evictBefore");
    this.#after = methodOf("evictAfter");
  }

  /** Errors, of both: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC. */
  override evictBefore(
    elements: TimestampedValue<unknown>[],
    size: number,
    window: Window,
    ctx: EvictorContext,
  ): void {
    this.#before.invoke(window.toString(), elements, size, window, ctx);
  }

  override evictAfter(
    elements: TimestampedValue<unknown>[],
    size: number,
    window: Window,
    ctx: EvictorContext,
  ): void {
    this.#after.invoke(window.toString(), elements, size, window, ctx);
  }
}

function isWindow(window: unknown): window is Window {
  return window instanceof TimeWindow || window instanceof GlobalWindow;
}

function resultOf(result: unknown, fn: UserFunction, method: string): TriggerResult {
  if (typeof result === "string" && Object.hasOwn(TriggerResult, result)) {
    return result as TriggerResult;
  }
  throw wrongAnswer(fn, method, "a TriggerResult", result);
}

function wrongAnswer(
  fn: UserFunction,
  method: string,
  expected: string,
  actual: unknown,
): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", {
    operation: `${method}() (${fn.owner.operatorName})`,
    expected,
    actual: typeof actual === "string" ? JSON.stringify(actual) : kindText(actual),
  });
}
