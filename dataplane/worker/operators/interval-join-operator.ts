/**
 * Joins records of two keyed streams whose times are near each other (after Flink's IntervalJoinOperator).
 * Records of either side wait in a buffer per key, by time, until no partner of theirs can come any more: an
 * event-time timer then removes them.
 */

import type { OutputTag } from "../../functions/output-tag.ts";
import type { ProcessJoinContext } from "../../functions/process-join.ts";
import { EngineError } from "../../protocol/errors.ts";
import { addLongs, type Long } from "../../protocol/long.ts";
import { type KeyedBackend, NO_NAMESPACE } from "../state/keyed-backend.ts";
import type { StateTable } from "../state/state-table.ts";
import type { Timer, TimerQueue } from "../state/timer-queue.ts";
import { NO_WATERMARK } from "../stream-event.ts";
import type { Timestamp } from "./row-target.ts";
import type { OperatorHost, StreamOperator } from "./stream-operator.ts";
import { UserCalls } from "./user-calls.ts";
import type { UserFunction } from "./user-function.ts";

/** By time, ms. */
type Buffer = Map<Long, unknown[]>;

export interface IntervalJoinSpec {
  /** ms, both included: times of right records from that of a left one. */
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly leftLateTag: string | null;
  readonly rightLateTag: string | null;
}

/** One side: its buffer, and where its partners lie. */
interface Side {
  readonly isLeft: boolean;
  readonly own: StateTable;
  readonly other: StateTable;
  /** ms, both included: times of the other side's records from that of one of this side. */
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly lateTag: string | null;
  readonly timers: string;
}

export class IntervalJoinOperator implements StreamOperator {
  readonly #host: OperatorHost;
  readonly #fn: UserFunction;
  readonly #calls: UserCalls;
  readonly #context: JoinContext;
  readonly #timers: TimerQueue;
  readonly #sides: readonly [Side, Side];

  constructor(spec: IntervalJoinSpec, fn: UserFunction, host: OperatorHost) {
    const { state, eventTimers } = host;
    if (state === null || eventTimers === null) throw new TypeError("joins have keyed state");
    this.#host = host;
    this.#fn = fn;
    this.#calls = new UserCalls(host);
    this.#context = new JoinContext(this.#calls);
    this.#timers = eventTimers;
    this.#sides = sidesOf(spec, state);
  }

  open(): Promise<void> {
    return this.#fn.open(this.#host.runtimeContext);
  }

  /** Errors: MR_JOIN_NO_TIMESTAMP and those of the function. */
  processElement(record: unknown, timestampMs: Timestamp, which: number): void {
    const side = this.#sides[which] as Side;
    if (timestampMs === null || timestampMs === NO_WATERMARK) {
      const { operatorName: operator } = this.#host;
      throw new EngineError("MR_JOIN_NO_TIMESTAMP", { operator });
    }
    if (this.#isLate(timestampMs)) {
      if (side.lateTag !== null) this.#host.collectTo(side.lateTag, record, timestampMs);
      return;
    }
    append(side.own, timestampMs, record);
    this.#joinAll(side, record, timestampMs);
    const goesAt = side.upperMs > 0 ? addLongs(timestampMs, side.upperMs) : timestampMs;
    this.#timers.register(goesAt, side.timers);
  }

  onEventTime({ time, namespace }: Timer): void {
    const side = this.#sides.find(({ timers }) => timers === namespace) as Side;
    remove(side.own, side.upperMs > 0 ? addLongs(time, -side.upperMs) : time);
  }

  onProcessingTime(): void {}

  endOfInput(): void {}

  close(): Promise<void> {
    return this.#fn.close();
  }

  #isLate(time: Long): boolean {
    const { currentWatermark } = this.#host;
    return currentWatermark !== NO_WATERMARK && time < currentWatermark;
  }

  #joinAll(side: Side, record: unknown, time: Long): void {
    const buffer = side.other.get(NO_NAMESPACE) as Buffer | undefined;
    if (buffer === undefined) return;
    const from = addLongs(time, side.lowerMs);
    const to = addLongs(time, side.upperMs);
    for (const [otherTime, others] of buffer) {
      if (otherTime < from || otherTime > to) continue;
      for (const other of others) {
        if (side.isLeft) this.#join(record, other, time, otherTime);
        else this.#join(other, record, otherTime, time);
      }
    }
  }

  #join(left: unknown, right: unknown, leftTime: Long, rightTime: Long): void {
    const calls = this.#calls;
    this.#context.set(leftTime, rightTime);
    calls.timestampMs = this.#context.time;
    calls.sideTimestampMs = this.#context.time;
    this.#fn.enter();
    calls.begin();
    let result: unknown;
    try {
      result = this.#fn.call(left, right, this.#context, calls);
    } catch (error) {
      throw calls.failed(this.#fn, error, [left, right]);
    }
    calls.end(this.#fn, result);
  }
}

/** One for all calls: what it answers changes with them. */
class JoinContext implements ProcessJoinContext {
  time: Long = 0;
  #leftTime: Long = 0;
  #rightTime: Long = 0;
  readonly #calls: UserCalls;

  constructor(calls: UserCalls) {
    this.#calls = calls;
  }

  set(leftTime: Long, rightTime: Long): void {
    this.#leftTime = leftTime;
    this.#rightTime = rightTime;
    this.time = leftTime > rightTime ? leftTime : rightTime;
  }

  getLeftTimestamp(): number {
    return this.#leftTime as number;
  }

  getRightTimestamp(): number {
    return this.#rightTime as number;
  }

  getTimestamp(): number {
    return this.time as number;
  }

  output<X>(tag: OutputTag<X>, value: X): void {
    this.#calls.output(tag as OutputTag<unknown>, value);
  }
}

function sidesOf(
  { lowerMs, upperMs, leftLateTag, rightLateTag }: IntervalJoinSpec,
  state: KeyedBackend,
): readonly [Side, Side] {
  const left = state.table("join/left");
  const right = state.table("join/right");
  return [
    {
      isLeft: true,
      own: left,
      other: right,
      lowerMs,
      upperMs,
      lateTag: leftLateTag,
      timers: "left",
    },
    {
      isLeft: false,
      own: right,
      other: left,
      lowerMs: -upperMs,
      upperMs: -lowerMs,
      lateTag: rightLateTag,
      timers: "right",
    },
  ];
}

function append(table: StateTable, time: Long, record: unknown): void {
  let buffer = table.get(NO_NAMESPACE) as Buffer | undefined;
  if (buffer === undefined) {
    buffer = new Map();
    table.put(NO_NAMESPACE, buffer);
  }
  const records = buffer.get(time);
  if (records === undefined) buffer.set(time, [record]);
  else records.push(record);
}

function remove(table: StateTable, time: Long): void {
  const buffer = table.get(NO_NAMESPACE) as Buffer | undefined;
  buffer?.delete(time);
  if (buffer?.size === 0) table.remove(NO_NAMESPACE);
}
