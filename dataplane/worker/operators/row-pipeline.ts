/**
 * Runs records through map, filter and flatMap, one after the other, into a target.
 *
 * What a flatMap answers is pulled item by item from a stack of pending results, one per flatMap under
 * way, so that the target can stop the pipeline after any record: drain() goes on where it was. A
 * flatMap that takes a collector cannot be stopped: records it emits while the target has no room wait
 * in its pending result (the overflow), and no further input is taken before they have gone.
 *
 * Invariants: #pending[i] feeds a later step than #pending[i - 1]; all of them stem from one input
 * record; when #pending is empty the pipeline holds nothing.
 */
import { cloneValue } from "../../formats/generic.ts";
import { EngineError } from "../../protocol/errors.ts";
import { METRIC_OVERFLOW_BYTES } from "../../protocol/metrics-layout.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import type { SubtaskMetrics } from "../metrics.ts";
import { approximateBytes } from "./approximate-bytes.ts";
import { iteratorOf, notBoolean } from "./function-results.ts";
import type { RowTarget, Timestamp } from "./row-target.ts";
import { closeAll, type UserFunction } from "./user-function.ts";

export interface PipelineStep {
  readonly kind: "map" | "filter" | "flatMap";
  readonly fn: UserFunction;
}

/** Records still to come from one call of a flatMap. */
class Pending {
  /** The step that takes them. */
  readonly step: number;
  readonly fn: UserFunction | null;
  readonly input: unknown;
  readonly items: readonly unknown[];
  index = 0;
  /** What follows `items`. */
  iterator: Iterator<unknown> | null = null;
  /** `items` are overflow: their bytes are counted. */
  isCounted = false;
  /** null = all have the time of the input record. */
  timestampOf: (() => Timestamp) | null = null;

  constructor(step: number, fn: UserFunction | null, input: unknown, items: readonly unknown[]) {
    this.step = step;
    this.fn = fn;
    this.input = input;
    this.items = items;
  }
}

const NOTHING: readonly unknown[] = [];

export class RowPipeline {
  readonly #steps: readonly PipelineStep[];
  readonly #target: RowTarget;
  readonly #metrics: SubtaskMetrics;
  readonly #pending: Pending[] = [];
  #timestampMs: Timestamp = null;
  #overflowBytes = 0;
  /** What went wrong behind a collector, kept in case the user's function catches it. */
  #failure: { readonly error: unknown } | null = null;

  constructor(steps: readonly PipelineStep[], target: RowTarget, metrics: SubtaskMetrics) {
    this.#steps = steps;
    this.#target = target;
    this.#metrics = metrics;
  }

  /** Takes a record; the target must have room and nothing may be pending. */
  push(record: unknown, timestampMs: Timestamp): void {
    this.#timestampMs = timestampMs;
    this.#run(record, 0);
  }

  /** Lets drain() pull records; `timestampOf` tells the time of the one just pulled. */
  pushAll(records: Iterator<unknown>, timestampOf: () => Timestamp): void {
    const pending = new Pending(0, null, undefined, NOTHING);
    pending.iterator = records;
    pending.timestampOf = timestampOf;
    this.#pending.push(pending);
  }

  /** Runs what is pending; answers the target's status, STATUS_DONE only if nothing is pending any more. */
  drain(): number {
    const isEmpty = this.#pending.length === 0 && this.#overflowBytes === 0;
    return isEmpty ? this.#target.status : this.#drainTo(0);
  }

  /** Ends generators that have not been run to their end. Errors: MR_FUNCTION_THREW. */
  async close(): Promise<void> {
    this.#countOverflow(-this.#overflowBytes);
    await closeAll(
      this.#pending.splice(0).map((pending) => ({ close: () => endIterator(pending) })),
    );
  }

  #drainTo(depth: number): number {
    while (this.#pending.length > depth) {
      if (this.#target.status !== STATUS_DONE) return this.#target.status;
      const pending = this.#pending.at(-1) as Pending;
      if (pending.index < pending.items.length) this.#run(this.#takeItem(pending), pending.step);
      else if (pending.iterator === null) this.#pending.pop();
      else this.#pull(pending, pending.iterator);
    }
    if (depth === 0 && this.#overflowBytes !== 0) this.#countOverflow(-this.#overflowBytes);
    return this.#target.status;
  }

  #takeItem(pending: Pending): unknown {
    const item = pending.items[pending.index];
    pending.index += 1;
    if (pending.isCounted) {
      (pending.items as unknown[])[pending.index - 1] = undefined;
      this.#countOverflow(-approximateBytes(item));
    }
    return this.#checkRecord(item, pending.fn);
  }

  #pull(pending: Pending, iterator: Iterator<unknown>): void {
    let next: IteratorResult<unknown>;
    try {
      next = iterator.next();
    } catch (error) {
      throw pending.fn === null ? error : pending.fn.threw(error, pending.input);
    }
    if (next.done === true) {
      pending.iterator = null;
      return;
    }
    if (pending.timestampOf !== null) this.#timestampMs = pending.timestampOf();
    this.#run(this.#checkRecord(next.value, pending.fn), pending.step);
  }

  #run(start: unknown, from: number): void {
    let record = start;
    for (let index = from; index < this.#steps.length; ++index) {
      const { kind, fn } = this.#steps[index] as PipelineStep;
      if (kind === "map") {
        const result = this.#call(fn, record);
        record = this.#checkRecord(result, fn);
      } else if (kind === "flatMap") {
        this.#flatMap(fn, record, index + 1);
        return;
      } else {
        const keeps = this.#call(fn, record);
        if (keeps === false) return;
        if (keeps !== true) throw notBoolean(keeps, fn);
      }
    }
    this.#target.push(record, this.#timestampMs);
  }

  #call(fn: UserFunction, record: unknown): unknown {
    let result: unknown;
    try {
      result = fn.call(record);
    } catch (error) {
      throw fn.threw(error, record);
    }
    fn.checkSync(result);
    return result;
  }

  #flatMap(fn: UserFunction, record: unknown, step: number): void {
    if (fn.arity >= 2) {
      this.#flatMapByCollector(fn, record, step);
      return;
    }
    const result = this.#call(fn, record);
    const isArray = Array.isArray(result);
    const pending = new Pending(step, fn, record, isArray ? result : NOTHING);
    if (!isArray) pending.iterator = iteratorOf(result, fn);
    this.#pending.push(pending);
  }

  /** Its records go on at once as long as there is room, else they wait in `pending`. */
  #flatMapByCollector(fn: UserFunction, record: unknown, step: number): void {
    const items: unknown[] = [];
    const pending = new Pending(step, fn, record, items);
    pending.isCounted = true;
    this.#pending.push(pending);
    const depth = this.#pending.length;
    // A later flatMap may keep the record, while the user's function goes on to use the object again.
    const isKept = this.#steps.some(({ kind }, index) => index >= step && kind === "flatMap");
    let isActive = true;
    const collect = (item: unknown): void => {
      if (!isActive) throw collectedLate(fn);
      if (
        items.length === 0 &&
        this.#pending.length === depth &&
        this.#target.status === STATUS_DONE
      ) {
        this.#guard(() => {
          this.#run(this.#checkRecord(isKept ? cloneValue(item) : item, fn), step);
          this.#drainTo(depth);
        });
      } else {
        items.push(cloneValue(item));
        this.#countOverflow(approximateBytes(item));
      }
    };
    let result: unknown;
    try {
      result = fn.call(record, { collect });
    } catch (error) {
      throw this.#failure === null ? fn.threw(error, record) : this.#failure.error;
    }
    isActive = false;
    if (this.#failure !== null) throw this.#failure.error;
    fn.checkSync(result);
    pending.iterator = iteratorOf(result, fn);
  }

  #countOverflow(bytes: number): void {
    this.#overflowBytes += bytes;
    this.#metrics.add(METRIC_OVERFLOW_BYTES, bytes);
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  #checkRecord(record: unknown, fn: UserFunction | null): unknown {
    if (record !== null && record !== undefined) return record;
    const operator = fn?.owner.operatorName ?? "";
    throw new EngineError("MR_RECORD_NULL", { operator, value: String(record) });
  }
}

function endIterator({ iterator, fn, input }: Pending): void {
  try {
    iterator?.return?.();
  } catch (error) {
    throw fn === null ? error : fn.threw(error, input);
  }
}

/** For a collector that is used after the call it was given to. */
export function collectedLate(fn: UserFunction): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", {
    operation: `collect() of ${fn.owner.operatorName}`,
    expected: "a call before the flatMap function returns",
    actual: "a later one",
  });
}
