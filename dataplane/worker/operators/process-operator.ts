/** Runs process functions, of one input or of two, and rich functions of map, flatMap and filter with keyed state. */
import type { TimeDomain } from "../../functions/process.ts";
import type { Timer } from "../state/timer-queue.ts";
import { FunctionContext } from "./function-context.ts";
import { applyFunction, type FunctionForm } from "./function-forms.ts";
import type { Timestamp } from "./row-target.ts";
import type { OperatorHost, StreamOperator } from "./stream-operator.ts";
import { UserCalls } from "./user-calls.ts";
import type { UserFunction } from "./user-function.ts";

/** One of the user's methods, and what it is given beside the value. */
export interface UserCall {
  readonly fn: (value: unknown, context: FunctionContext, out: UserCalls) => unknown;
  readonly context: FunctionContext;
}

export interface ProcessOperatorParts {
  readonly host: OperatorHost;
  /** Opened, closed and named in errors. */
  readonly fn: UserFunction;
  readonly calls: UserCalls;
  /** What is called with a record, by the input it came by. */
  readonly elements: readonly UserCall[];
  /** null = timers fire unnoticed. */
  readonly onTimer: UserCall | null;
}

/** Of an operator with one input. */
export function createProcessOperator(
  host: OperatorHost,
  fn: UserFunction,
  form: FunctionForm,
): ProcessOperator {
  const calls = new UserCalls(host);
  const context = new FunctionContext(host, calls);
  const element = form === "process" ? fn.call : applyFunction(form, fn, calls);
  const onTimer = form === "process" ? fn.optional("onTimer") : null;
  return new ProcessOperator({
    host,
    fn,
    calls,
    elements: [{ fn: element, context }],
    onTimer: onTimer && { fn: onTimer, context },
  });
}

export class ProcessOperator implements StreamOperator {
  readonly #parts: ProcessOperatorParts;

  constructor(parts: ProcessOperatorParts) {
    this.#parts = parts;
  }

  open(): Promise<void> {
    return this.#parts.fn.open(this.#parts.host.runtimeContext);
  }

  /** Errors: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC and those of what it calls. */
  processElement(record: unknown, timestampMs: Timestamp, which = 0): void {
    const { calls, elements } = this.#parts;
    const element = elements[which] as UserCall;
    calls.timestampMs = timestampMs;
    calls.sideTimestampMs = timestampMs;
    element.context.time = timestampMs;
    this.#call(element, record);
  }

  onEventTime(timer: Timer): void {
    this.#fire(timer, "EVENT_TIME", timer.time);
  }

  onProcessingTime(timer: Timer): void {
    this.#fire(timer, "PROCESSING_TIME", null);
  }

  endOfInput(): void {}

  close(): Promise<void> {
    return this.#parts.fn.close();
  }

  /** @param timestampMs of what it collects; side outputs get the timer's in both domains, as in Flink */
  #fire({ time }: Timer, domain: TimeDomain, timestampMs: Timestamp): void {
    const { calls, onTimer } = this.#parts;
    if (onTimer === null) return;
    calls.timestampMs = timestampMs;
    calls.sideTimestampMs = time;
    onTimer.context.time = time;
    onTimer.context.domain = domain;
    this.#call(onTimer, time);
  }

  #call({ fn, context }: UserCall, value: unknown): void {
    const { calls, fn: owner } = this.#parts;
    owner.enter();
    calls.begin();
    let result: unknown;
    try {
      result = fn(value, context, calls);
    } catch (error) {
      throw calls.failed(owner, error, value);
    }
    calls.end(owner, result);
  }
}
