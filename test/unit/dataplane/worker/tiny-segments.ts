/** Segments of a few lines over INT records, for tests of what drives segments. */
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import type { BatchType } from "../../../../dataplane/protocol/deployment.ts";
import {
  STATUS_DONE,
  STATUS_NEED_HOST,
  STATUS_OUTPUT_FULL,
} from "../../../../dataplane/protocol/status.ts";
import type {
  Cursor,
  Segment,
  SegmentContext,
  SegmentOutput,
  SourceSegment,
} from "../../../../dataplane/worker/segment.ts";

export const INT_TYPE: BatchType = { record: { kind: "INT" }, key: null };
const schema = Schema.of(INT_TYPE);

/** Rows that an output of a tiny segment holds. */
export type OutputRows = number;

export function readInts(view: BatchView): number[] {
  const start = view.dataPtr(0) >>> 2;
  return [...view.memory.i32.subarray(start, start + view.rowCount)];
}

export class TinyOutput implements SegmentOutput {
  readonly operatorId: string;
  readonly output: number;
  readonly builder: BatchBuilder;

  constructor(memory: TaskMemory, operatorId: string, rowCapacity: OutputRows, output = 0) {
    this.operatorId = operatorId;
    this.output = output;
    this.builder = new BatchBuilder(memory, schema, { rowCapacity });
  }

  get isFull(): boolean {
    return this.builder.isFull;
  }

  push(value: number): void {
    const { builder } = this;
    builder.memory.i32[(builder.dataPtr(0) >>> 2) + builder.rowCount] = value;
    builder.commitRow();
  }
}

/** What all tiny segments have in common: they hold no state and count their life. */
export abstract class TinySegment implements Segment {
  readonly stateType: BatchType | null = null;
  readonly engine = "js";
  nextTimerMs = Number.POSITIVE_INFINITY;
  abstract readonly outputs: readonly SegmentOutput[];
  opened = 0;
  closed = 0;

  open(): void | Promise<void> {
    this.opened += 1;
  }

  abstract process(input: BatchView, cursor: Cursor): number;

  watermark(_watermarkMs: bigint, _cursor: Cursor): number {
    return STATUS_DONE;
  }

  timer(_nowMs: bigint, _cursor: Cursor): number {
    return STATUS_DONE;
  }

  endOfInput(_cursor: Cursor): number {
    return STATUS_DONE;
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  freeze(_checkpointId: bigint): void {}

  encodeStep(_target: BatchBuilder): number {
    return STATUS_DONE;
  }

  restore(): void {}

  close(): void | Promise<void> {
    this.closed += 1;
  }
}

/** Emits 0 to count - 1, some at a poll. */
export class CountingSource extends TinySegment implements SourceSegment {
  readonly outputs: readonly TinyOutput[];
  readonly splits: unknown[] = [];
  hasAllSplits = false;
  next = 0;
  readonly #count: number;

  constructor(context: SegmentContext, id: string, count: number, outputRows: OutputRows = 16) {
    super();
    this.#count = count;
    this.outputs = [new TinyOutput(context.memory, id, outputRows)];
  }

  poll(): number {
    const [output] = this.outputs;
    while (this.next < this.#count && output?.isFull === false) output.push(this.next++);
    return this.next === this.#count ? STATUS_DONE : STATUS_OUTPUT_FULL;
  }

  process(): number {
    throw new TypeError("a source has no input");
  }

  addSplits(splits: readonly unknown[]): void {
    this.splits.push(...splits);
  }

  notifyNoMoreSplits(): void {
    this.hasAllSplits = true;
  }
}

/** Each value becomes `times` values: value * times + 0, 1, ... */
export class Multiplier extends TinySegment {
  readonly outputs: readonly TinyOutput[];
  readonly #times: number;

  constructor(context: SegmentContext, id: string, times: number, outputRows: OutputRows = 16) {
    super();
    this.#times = times;
    this.outputs = [new TinyOutput(context.memory, id, outputRows)];
  }

  process(input: BatchView, cursor: Cursor): number {
    const [output] = this.outputs as [TinyOutput];
    const values = readInts(input);
    for (; cursor.row < values.length; cursor.row++, cursor.step = 0) {
      for (; cursor.step < this.#times; cursor.step++) {
        if (output.isFull) return STATUS_OUTPUT_FULL;
        output.push((values[cursor.row] as number) * this.#times + cursor.step);
      }
    }
    return STATUS_DONE;
  }
}

export type Heard = number | { readonly watermark: bigint } | "end";

/** Remembers rows and events in order; may ask for the host at some rows. */
export class Listener extends TinySegment {
  readonly outputs: readonly SegmentOutput[] = [];
  readonly heard: Heard[];
  readonly #waitEvery: number;
  #waited = false;

  constructor(heard: Heard[], waitEvery = 0) {
    super();
    this.heard = heard;
    this.#waitEvery = waitEvery;
  }

  process(input: BatchView, cursor: Cursor): number {
    const values = readInts(input);
    for (; cursor.row < values.length; cursor.row++) {
      const value = values[cursor.row] as number;
      if (this.#waitEvery > 0 && value % this.#waitEvery === 0 && !this.#waited) {
        this.#waited = true;
        return STATUS_NEED_HOST;
      }
      this.#waited = false;
      this.heard.push(value);
    }
    return STATUS_DONE;
  }

  override watermark(watermark: bigint): number {
    this.heard.push({ watermark });
    return STATUS_DONE;
  }

  override endOfInput(): number {
    this.heard.push("end");
    return STATUS_DONE;
  }
}
