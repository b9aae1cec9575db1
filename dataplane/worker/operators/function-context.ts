/** What process functions are given beside a record or a timer. */
import type { OutputTag } from "../../functions/output-tag.ts";
import type { KeyedOnTimerContext, TimeDomain, TimerService } from "../../functions/process.ts";
import { EngineError } from "../../protocol/errors.ts";
import { OperatorTimers } from "./operator-timers.ts";
import type { Timestamp } from "./row-target.ts";
import type { OperatorHost } from "./stream-operator.ts";
import type { UserCalls } from "./user-calls.ts";

/** One for all calls: what it answers changes with them. */
export class FunctionContext implements KeyedOnTimerContext<unknown> {
  time: Timestamp = null;
  domain: TimeDomain = "EVENT_TIME";
  protected readonly host: OperatorHost;
  readonly #calls: UserCalls;
  readonly #timers: OperatorTimers;

  constructor(host: OperatorHost, calls: UserCalls) {
    this.host = host;
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
    const { state, operatorName: task } = this.host;
    if (state !== null) return state.currentKey;
    throw new EngineError("MR_STATE_NOT_KEYED", { task, operation: "getCurrentKey()" });
  }
}
