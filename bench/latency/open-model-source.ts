/**
 * An open model: event i is emitted as soon as it is due, at start + i / rate, and never waits for the job.
 * The source looks every ms; while the job has no room, what is due piles up and its lateness counts.
 */
import {
  type EnumeratorContext,
  type PollResult,
  type ReaderContext,
  type Source,
  type SourceOutput,
  type SourceReader,
  type SplitEnumerator,
  Types,
} from "../../control/index.ts";
import type { BatchBuilder } from "../../dataplane/memory/batch-builder.ts";
import { eventTimeMs, type LatencyInput, latencyInput } from "./latency-input.ts";
import { monotonicMs } from "./monotonic-ms.ts";

export interface OpenModel {
  /** Events per second. */
  readonly rate: number;
  /** When event 0 is due, on the clock of monotonicMs(). */
  readonly startMs: number;
  /** ms from the start in which lateness does not count. */
  readonly warmUpMs: number;
}

/** Rows of (key, 1). */
export class OpenModelSource implements Source<[number, number], LatencyInput> {
  readonly boundedness = "BOUNDED";
  readonly description = "open model";
  readonly producedType = Types.TUPLE(Types.LONG, Types.LONG).descriptor;
  readonly maxSourceParallelism = 1;
  readonly #model: OpenModel;

  constructor(model: OpenModel) {
    this.#model = model;
  }

  createEnumerator(context: EnumeratorContext<LatencyInput>): SplitEnumerator<LatencyInput> {
    return {
      start() {
        context.assignSplits([latencyInput.get()], 0);
        context.signalNoMoreSplits(0);
      },
      handleSplitRequest() {},
      addSplitsBack() {},
      snapshotState: () => null,
      close() {},
    };
  }

  createReader(_context: ReaderContext): SourceReader<[number, number], LatencyInput> {
    return new OpenModelReader(this.#model);
  }
}

class OpenModelReader implements SourceReader<[number, number], LatencyInput> {
  readonly #model: OpenModel;
  #input: LatencyInput | null = null;
  #next = 0;
  #setInput: () => void = () => undefined;
  readonly #hasInput = new Promise<void>((resolve) => {
    this.#setInput = resolve;
  });

  constructor(model: OpenModel) {
    this.#model = model;
  }

  start(): void {}

  addSplits([input]: readonly LatencyInput[]): void {
    this.#input = input ?? null;
    this.#setInput();
  }

  notifyNoMoreSplits(): void {}

  pollNext(output: SourceOutput<[number, number]>): PollResult {
    const input = this.#input;
    if (input === null) return "nothing";
    const { startMs, rate } = this.#model;
    const elapsedMs = monotonicMs() - startMs;
    const due = Math.min(input.keys.length, Math.floor((elapsedMs * rate) / 1000) + 1);
    if (due > this.#next) {
      if (output.isFull) return "more";
      this.#noteLag(input, elapsedMs);
      const { builder } = output;
      const rows = Math.min(due - this.#next, builder.rowCapacity - builder.rowCount);
      this.#write(builder, input.keys, rows);
    }
    if (this.#next === input.keys.length) return "end";
    return this.#next < due ? "more" : "nothing";
  }

  isAvailable(): Promise<void> {
    if (this.#input === null) return this.#hasInput;
    return new Promise((resolve) => setTimeout(resolve, 1));
  }

  snapshotState(): readonly LatencyInput[] {
    return [];
  }

  close(): void {}

  #noteLag({ worstLagMs }: LatencyInput, elapsedMs: number): void {
    const lagMs = elapsedMs - (this.#next * 1000) / this.#model.rate;
    if (elapsedMs < this.#model.warmUpMs || lagMs <= (worstLagMs[0] ?? 0)) return;
    worstLagMs[0] = lagMs;
  }

  #write(builder: BatchBuilder, keys: Uint16Array, rows: number): void {
    const { u32 } = builder.memory;
    const times = new BigInt64Array(rows);
    const timeWords = new Uint32Array(times.buffer);
    let key = (builder.dataPtr(0) >>> 2) + 2 * builder.rowCount;
    let one = (builder.dataPtr(1) >>> 2) + 2 * builder.rowCount;
    for (let row = 0; row < rows; row++, key += 2, one += 2) {
      const event = this.#next + row;
      u32[key] = keys[event] ?? 0;
      u32[key + 1] = 0;
      u32[one] = 1;
      u32[one + 1] = 0;
      timeWords[2 * row] = eventTimeMs(event, this.#model.rate);
    }
    builder.commitRowsAt(times);
    this.#next += rows;
  }
}
