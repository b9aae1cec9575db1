/** Runs a process function, or a rich map, flatMap or filter on a keyed stream. */
import type { OutputTag } from "../../functions/output-tag.ts";
import type { KeyedOnTimerContext, TimeDomain, TimerService } from "../../functions/process.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { Timer } from "../state/timer-queue.ts";
import { applyFunction, type FunctionForm } from "./function-forms.ts";
import { OperatorTimers } from "./operator-timers.ts";
import type { Timestamp } from "./row-target.ts";
import type { OperatorHost, StreamOperator } from "./stream-operator.ts";
import { UserCalls } from "./user-calls.ts";
import type { UserFunction } from "./user-function.ts";

type Call = (value: unknown, context: FunctionContext, out: UserCalls) => unknown;

export class ProcessOperator implements StreamOperator {
  readonly #host: OperatorHost;
  readonly #fn: UserFunction;
  readonly #onTimer: Call | null;
  readonly #calls: UserCalls;
  readonly #context: FunctionContext;
  readonly #apply: Call;

  constructor(host: OperatorHost, fn: UserFunction, form: FunctionForm) {
    this.#host = host;
    this.#fn = fn;
    this.#onTimer = form === "process" ? fn.optional("onTimer") : null;
    this.#calls = new UserCalls(host);
    this.#context = new FunctionContext(host, this.#calls);
    this.#apply = form === "process" ? fn.call : applyFunction(form, fn, this.#calls);
  }

  open(): Promise<void> {
    return this.#fn.open(this.#host.runtimeContext);
  }

  /** Errors: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC and those of what it calls. */
  processElement(record: unknown, timestampMs: Timestamp): void {
    this.#calls.timestampMs = timestampMs;
    this.#calls.sideTimestampMs = timestampMs;
    this.#context.time = timestampMs;
    this.#call(this.#apply, record);
  }

  onEventTime(timer: Timer): void {
    this.#fire(timer, "EVENT_TIME", timer.time);
  }

  onProcessingTime(timer: Timer): void {
    this.#fire(timer, "PROCESSING_TIME", null);
  }

  endOfInput(): void {}

  close(): Promise<void> {
    return this.#fn.close();
  }

  /** @param timestampMs of what it collects; side outputs get the timer's in both domains, as in Flink */
  #fire({ time }: Timer, domain: TimeDomain, timestampMs: Timestamp): void {
    const onTimer = this.#onTimer;
    if (onTimer === null) return;
    this.#calls.timestampMs = timestampMs;
    this.#calls.sideTimestampMs = time;
    this.#context.time = time;
    this.#context.domain = domain;
    this.#call(onTimer, time);
  }

  #call(fn: Call, value: unknown): void {
    const calls = this.#calls;
    this.#fn.enter();
    calls.begin();
    let result: unknown;
    try {
      result = fn(value, this.#context, calls);
    } catch (error) {
      throw calls.failed(this.#fn, error, value);
    }
    calls.end(this.#fn, result);
  }
}

/** One for all calls: what it answers changes with them. */
class FunctionContext implements KeyedOnTimerContext<unknown> {
  time: Timestamp = null;
  domain: TimeDomain = "EVENT_TIME";
  readonly #host: OperatorHost;
  readonly #calls: UserCalls;
  readonly #timers: OperatorTimers;

  constructor(host: OperatorHost, calls: UserCalls) {
    this.#host = host;
    this.#calls = calls;
    this.#timers = new OperatorTimers(host);
  }

  timestamp(): number | null {
    return this.time as number | null;
  }

  timeDomain(): TimeDomain {
    return this.domain;
  }

  timerService(): TimerService {
    return this.#timers;
  }

  output<X>(tag: OutputTag<X>, value: X): void {
    this.#calls.output(tag as OutputTag<unknown>, value);
  }

  /** Errors: MR_STATE_NOT_KEYED, MR_STATE_NO_KEY. */
  getCurrentKey(): unknown {
    const { state, operatorName: task } = this.#host;
    if (state !== null) return state.currentKey;
    throw new EngineError("MR_STATE_NOT_KEYED", { task, operation: "getCurrentKey()" });
  }
}
