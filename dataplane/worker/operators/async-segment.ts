/**
 * Async I/O (Flink's AsyncWaitOperator): a request per record, up to `capacity` entries under way, and
 * their results in the order of the input, or as they come between two watermarks.
 *
 * Watermarks and statuses wait in the queue behind the results of the records before them. When the
 * queue is full, the input stays where it is. Answers arrive between calls, from the event loop: they
 * fill the queue, and what can be put out then wakes the task.
 *
 * Invariants: every record that was taken is in #restored, #queue or #emitting until its results are
 * out; between events #emitting and #control are null; a failure is thrown by the next call.
 */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { AsyncRetryStrategy } from "../../protocol/async-retry.ts";
import type { OperatorSpec } from "../../protocol/deployment.ts";
import { EngineError } from "../../protocol/errors.ts";
import { STATUS_DONE, STATUS_NEED_HOST, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import type { Cursor, Segment, SegmentContext, SegmentOutput } from "../segment.ts";
import type { ControlEvent } from "../stream-event.ts";
import type { StreamStatus } from "../watermark-valve.ts";
import { AsyncInvoker, type TimeoutFunction } from "./async-invoker.ts";
import {
  type AsyncQueue,
  OrderedQueue,
  type QueuedControl,
  type QueueEntry,
  UnorderedQueue,
} from "./async-queue.ts";
import { AsyncState } from "./async-state.ts";
import { Fifo } from "./fifo.ts";
import type { OutputTarget } from "./output-target.ts";
import type { Timestamp } from "./row-target.ts";
import { closeAll, type UserFunction } from "./user-function.ts";

export type AsyncSpec = Extract<OperatorSpec, { readonly kind: "async" }>;

export interface AsyncParts {
  readonly spec: AsyncSpec;
  readonly fn: UserFunction;
  readonly onTimeout: TimeoutFunction | null;
  readonly retry: AsyncRetryStrategy<unknown> | null;
  readonly target: OutputTarget;
  readonly context: SegmentContext;
}

/** The results of a record on their way out. */
interface Emitting {
  readonly results: readonly unknown[];
  readonly timestampMs: Timestamp;
  index: number;
}

const KEPT: ReadonlySet<ControlEvent["kind"]> = new Set(["watermark", "status"]);

/** Longest delay that a timer of the host takes. */
const MAX_ALARM_MS = 2 ** 31 - 1;

/** Steps of control events: the queue has it, or no new attempts are made. */
const STEP_TAKEN = 1;

export class AsyncSegment implements Segment {
  readonly engine = "js";
  readonly keeps = KEPT;
  readonly outputs: readonly SegmentOutput[];
  readonly #parts: AsyncParts;
  readonly #invoker: AsyncInvoker;
  readonly #queue: AsyncQueue;
  readonly #state: AsyncState;
  /** Entries of a snapshot that the queue has had no room for. */
  readonly #restored = new Fifo<QueueEntry>();
  #emitting: Emitting | null = null;
  #control: ControlEvent | null = null;
  #failure: EngineError | null = null;
  #isInCall = false;
  /** The task was woken for what can be put out. */
  #isAnnounced = false;
  /** Settles hostWork(); null = nobody waits for it. */
  #goOn: (() => void) | null = null;
  #schema: Schema | null = null;
  #reader: RowReader | null = null;

  constructor(parts: AsyncParts) {
    const { spec, fn, onTimeout, retry, target, context } = parts;
    const { clock, maxRecordBytes } = context;
    const { ordered, timeoutMs, name } = spec;
    this.#parts = parts;
    this.outputs = target.outputs;
    this.#queue = ordered ? new OrderedQueue() : new UnorderedQueue();
    this.#state = new AsyncState({ operator: name, maxRecordBytes, missingFields: "refused" });
    this.#invoker = new AsyncInvoker({
      fn,
      onTimeout,
      timeoutMs,
      retry,
      clock,
      done: (entry) => {
        this.#queue.complete(entry);
        this.#announce();
      },
      failed: (error) => {
        this.#failure ??= error;
        this.#announce();
      },
    });
  }

  get stateType() {
    return this.#state.type;
  }

  /** Results that can go out are a timer that is due already. */
  get nextTimerMs(): number {
    return this.#isReady ? Number.NEGATIVE_INFINITY : this.#invoker.nextTimerMs;
  }

  async open(): Promise<void> {
    await this.#parts.target.open();
    await this.#parts.fn.open(this.#parts.context.runtimeContext);
  }

  /** Errors: MR_FUNCTION_THREW, MR_FUNCTION_INVALID, MR_ASYNC_TIMEOUT, MR_RECORD_NULL. */
  process(input: BatchView, cursor: Cursor): number {
    return this.#call(this.#passedMs, () => {
      const reader = this.#readerOf(input);
      while (cursor.row < input.rowCount) {
        const status = this.#makeRoom();
        if (status !== STATUS_DONE) return status;
        const { row } = cursor;
        const value = reader.read(row);
        const timestampMs = reader.readTimestamp(row);
        cursor.row = row + 1;
        this.#take({ kind: "record", value, timestampMs, results: null });
      }
      return this.#putOut();
    });
  }

  watermark(watermarkMs: bigint, cursor: Cursor): number {
    return this.#takeEvent({ kind: "watermark", watermarkMs }, cursor);
  }

  status(status: StreamStatus, cursor: Cursor): number {
    return this.#takeEvent({ kind: "status", status }, cursor);
  }

  timer(nowMs: bigint): number {
    return this.#call(Number(nowMs), () => this.#putOut());
  }

  takeControl(): ControlEvent | null {
    const control = this.#control;
    this.#control = null;
    return control;
  }

  endOfInput(cursor: Cursor): number {
    return this.#call(this.#passedMs, () => {
      let status = this.#putOut();
      if (status === STATUS_DONE && this.#restored.size === 0 && cursor.step !== STEP_TAKEN) {
        cursor.step = STEP_TAKEN;
        this.#invoker.finishRetries();
        status = this.#putOut();
      }
      if (status !== STATUS_DONE) return status;
      return this.#queue.size > 0 ? STATUS_NEED_HOST : this.#parts.target.finish();
    });
  }

  /** Settled when something can be put out, or a timer is due, which the next call then fires. */
  hostWork(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    const { context } = this.#parts;
    return new Promise((resolve) => {
      const delayMs = Math.max(0, this.#invoker.nextTimerMs - this.#passedMs);
      const cancel = context.after(Math.min(delayMs, MAX_ALARM_MS), () => this.#goOn?.());
      this.#goOn = () => {
        cancel();
        this.#goOn = null;
        resolve();
      };
    });
  }

  freeze(): void {
    this.#state.freeze([...this.#queue.entries(), ...this.#restored.values()]);
  }

  encodeStep(target: BatchBuilder): number {
    return this.#state.encodeStep(target);
  }

  /** Requests are made again in the order of the snapshot, before those of new input. */
  restore(rows: BatchView): void {
    for (const entry of this.#state.entriesOf(rows)) this.#restored.push(entry);
    this.#takeRestored();
  }

  async close(): Promise<void> {
    this.#invoker.close();
    this.#goOn?.();
    await closeAll([this.#parts.target, this.#parts.fn]);
  }

  /** Timers up to this time fire, as in a task: those of a ms when it is over. */
  get #passedMs(): number {
    return this.#parts.context.clock.now() - 1;
  }

  get #isReady(): boolean {
    return this.#failure !== null || this.#queue.hasCompleted;
  }

  get #isFull(): boolean {
    return this.#queue.size >= this.#parts.spec.capacity;
  }

  #call(nowMs: number, action: () => number): number {
    const { target } = this.#parts;
    const status = target.begin();
    if (status !== STATUS_DONE) return status;
    this.#isInCall = true;
    this.#isAnnounced = false;
    try {
      this.#invoker.fireTimers(nowMs);
      return action();
    } finally {
      this.#isInCall = false;
      target.end();
    }
  }

  #takeEvent(event: QueuedControl, cursor: Cursor): number {
    return this.#call(this.#passedMs, () => {
      if (cursor.step !== STEP_TAKEN) {
        const status = this.#makeRoom();
        if (status !== STATUS_DONE) return status;
        cursor.step = STEP_TAKEN;
        this.#take(event);
      }
      return this.#putOut();
    });
  }

  /** @returns STATUS_DONE: new input can be taken */
  #makeRoom(): number {
    const status = this.#putOut();
    if (status !== STATUS_DONE) return status;
    return this.#isFull || this.#restored.size > 0 ? STATUS_NEED_HOST : STATUS_DONE;
  }

  #takeRestored(): void {
    while (!this.#isFull) {
      const entry = this.#restored.shift();
      if (entry === null) return;
      this.#take(entry);
    }
  }

  #take(entry: QueueEntry): void {
    this.#queue.put(entry);
    if (entry.kind === "record") this.#invoker.start(entry);
  }

  /** @returns STATUS_DONE: all is out that can go out */
  #putOut(): number {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      this.#takeRestored();
      const status = this.#emit();
      if (status !== STATUS_DONE) return status;
      const next = this.#queue.take();
      if (next === null) return STATUS_DONE;
      if (next.kind === "record") {
        const { results, timestampMs } = next;
        this.#emitting = { results: results ?? [], timestampMs, index: 0 };
      } else {
        this.#control = next;
        return STATUS_OUTPUT_FULL;
      }
    }
  }

  #emit(): number {
    const { target, spec } = this.#parts;
    const emitting = this.#emitting;
    while (emitting !== null && emitting.index < emitting.results.length) {
      if (target.status !== STATUS_DONE) return target.status;
      const record = emitting.results[emitting.index];
      emitting.index += 1;
      if (record === null || record === undefined) {
        throw new EngineError("MR_RECORD_NULL", { operator: spec.name, value: String(record) });
      }
      target.push(record, emitting.timestampMs);
    }
    this.#emitting = null;
    // A record that waits for room is not out yet: what follows must not pass it.
    return target.status;
  }

  #announce(): void {
    if (this.#isInCall || this.#isAnnounced || !this.#isReady) return;
    this.#isAnnounced = true;
    if (this.#goOn === null) this.#parts.context.wake();
    else this.#goOn();
  }

  #readerOf(input: BatchView): RowReader {
    if (this.#reader === null || this.#schema !== input.schema) {
      this.#schema = input.schema;
      // Records stay after their batch is gone.
      this.#reader = createRowReader(input.schema, "copies");
    }
    this.#reader.open(input);
    return this.#reader;
  }
}
