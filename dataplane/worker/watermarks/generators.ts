/** Watermark generators, each for one subtask or for one split of a source. */
import type { WatermarkGenerator } from "../../connectors/watermark-generator.ts";
import { EngineError } from "../../protocol/errors.ts";
import { LONG_MIN, type Long } from "../../protocol/long.ts";
import type { UserFunction } from "../operators/user-function.ts";
import { checkWatermark } from "./event-time.ts";

/** What generators write to. */
export interface GeneratorOutput {
  emitWatermark(watermarkMs: bigint): void;
  markIdle(): void;
  markActive(): void;
}

export interface Generator {
  onEvent(record: unknown, timestampMs: Long, output: GeneratorOutput): void;
  /**
   * In place of onEvent() for many records: the largest of their times. null = it wants each record,
   * since it may put out something behind any of them.
   */
  readonly onEvents: ((maxTimestampMs: bigint) => void) | null;
  onPeriodicEmit(output: GeneratorOutput): void;
  /** While it is paused no records can come, so silence says nothing. Absent = it says nothing anyway. */
  setPaused?(isPaused: boolean): void;
}

/** Makes none. */
export const NO_WATERMARKS: Generator = {
  onEvent: () => undefined,
  onEvents: () => undefined,
  onPeriodicEmit: () => undefined,
};

/**
 * The largest timestamp so far less `lagMs`: all of Flink's own strategies. Where there was none yet it
 * is Long.MIN, which is no watermark.
 */
export class MaxTimestampGenerator implements Generator {
  readonly onEvents = (maxTimestampMs: bigint): void => {
    if (maxTimestampMs > this.#max) this.#max = maxTimestampMs;
  };
  readonly #lag: bigint;
  #max: Long;

  constructor(lagMs: number) {
    this.#lag = BigInt(lagMs);
    // So that less the lag it does not leave 64 bits.
    this.#max = LONG_MIN + this.#lag;
  }

  onEvent(_record: unknown, timestampMs: Long): void {
    if (timestampMs > this.#max) this.#max = timestampMs;
  }

  onPeriodicEmit(output: GeneratorOutput): void {
    output.emitWatermark(BigInt(this.#max) - this.#lag);
  }
}

/** A program's own generator. Errors: MR_FUNCTION_THREW, MR_FUNCTION_INVALID, MR_TIMESTAMP_INVALID. */
export class UserGenerator implements Generator {
  readonly onEvents = null;
  readonly #supplier: UserFunction;
  readonly #generator: WatermarkGenerator<unknown>;

  constructor(supplier: UserFunction) {
    this.#supplier = supplier;
    const generator = this.#guard("createWatermarkGenerator()", () => supplier.call());
    const made = generator as Partial<WatermarkGenerator<unknown>> | null | undefined;
    if (typeof made?.onEvent !== "function" || typeof made.onPeriodicEmit !== "function") {
      throw new EngineError("MR_FUNCTION_INVALID", {
        operation: `forGenerator (${supplier.owner.operatorName})`,
        expected: "a supplier of objects with onEvent() and onPeriodicEmit()",
        actual: String(generator),
      });
    }
    this.#generator = made as WatermarkGenerator<unknown>;
  }

  onEvent(record: unknown, timestampMs: Long, output: GeneratorOutput): void {
    try {
      // Typed as a number, as LONG values are: see WatermarkGenerator.
      this.#generator.onEvent(record, timestampMs as number, this.#outputOf(output));
    } catch (error) {
      throw error instanceof EngineError ? error : this.#supplier.threw(error, record);
    }
  }

  onPeriodicEmit(output: GeneratorOutput): void {
    const own = this.#outputOf(output);
    this.#guard("onPeriodicEmit()", () => this.#generator.onPeriodicEmit(own));
  }

  #outputOf(output: GeneratorOutput) {
    const { operatorName } = this.#supplier.owner;
    return {
      emitWatermark: (watermark: unknown) =>
        output.emitWatermark(checkWatermark(watermark, operatorName)),
      markIdle: () => output.markIdle(),
      markActive: () => output.markActive(),
    };
  }

  #guard<T>(call: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw error instanceof EngineError ? error : this.#supplier.failed(error, call);
    }
  }
}

/**
 * Marks a stream idle that had no record for a while (Flink's WatermarksWithIdleness). It looks when
 * it is asked for a watermark, and the time counts from the first look that saw nothing new. Active
 * again is said by the next watermark, not by the next record.
 */
export class IdlenessGenerator implements Generator {
  readonly onEvents: Generator["onEvents"];
  readonly #inner: Generator;
  readonly #timeoutMs: number;
  readonly #clock: () => number;
  #hadRecords = false;
  /** Of its own time, which stands still while it is paused. */
  #idleSinceMs: number | null = null;
  #pausedAtMs: number | null = null;
  #pausedMs = 0;
  #isIdle = false;

  /** @param clock ms; it stands still where silence means nothing, under backpressure */
  constructor(inner: Generator, timeoutMs: number, clock: () => number) {
    this.#inner = inner;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    const { onEvents } = inner;
    this.onEvents =
      onEvents === null
        ? null
        : (maxTimestampMs) => {
            onEvents(maxTimestampMs);
            this.#onActivity();
          };
  }

  onEvent(record: unknown, timestampMs: Long, output: GeneratorOutput): void {
    this.#inner.onEvent(record, timestampMs, output);
    this.#onActivity();
  }

  onPeriodicEmit(output: GeneratorOutput): void {
    if (!this.#isTimeUp()) {
      this.#inner.onPeriodicEmit(output);
    } else if (!this.#isIdle) {
      this.#isIdle = true;
      output.markIdle();
    }
  }

  setPaused(isPaused: boolean): void {
    if (isPaused) {
      this.#pausedAtMs ??= this.#clock();
    } else if (this.#pausedAtMs !== null) {
      this.#pausedMs += this.#clock() - this.#pausedAtMs;
      this.#pausedAtMs = null;
    }
  }

  #onActivity(): void {
    this.#hadRecords = true;
    this.#isIdle = false;
  }

  #isTimeUp(): boolean {
    if (this.#hadRecords) {
      this.#hadRecords = false;
      this.#idleSinceMs = null;
      return false;
    }
    const nowMs = (this.#pausedAtMs ?? this.#clock()) - this.#pausedMs;
    this.#idleSinceMs ??= nowMs;
    return nowMs - this.#idleSinceMs > this.#timeoutMs;
  }
}
