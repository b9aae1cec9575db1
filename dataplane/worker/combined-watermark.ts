/**
 * Combines the watermarks and idleness of the inputs of one operator (Flink's
 * IndexedCombinedWatermarkStatus): its watermark is the minimum over the inputs that are not idle, and
 * it is idle when all of them are. Each input has a WatermarkValve in front, for its channels.
 *
 * Invariant: watermarks that are sent grow.
 */
import { NO_WATERMARK } from "./stream-event.ts";
import type { StreamStatus, ValveOutput } from "./watermark-valve.ts";

interface Input {
  watermark: bigint;
  isIdle: boolean;
}

export class CombinedWatermark {
  readonly #inputs: readonly Input[];
  readonly #output: ValveOutput;
  #sent = NO_WATERMARK;
  #isIdle = false;

  constructor(inputCount: number, output: ValveOutput) {
    this.#inputs = Array.from({ length: inputCount }, () => ({
      watermark: NO_WATERMARK,
      isIdle: false,
    }));
    this.#output = output;
  }

  inputWatermark(which: number, watermarkMs: bigint): void {
    const input = this.#inputAt(which);
    input.isIdle = false;
    if (watermarkMs > input.watermark) input.watermark = watermarkMs;
    this.#update();
  }

  /** What the change makes due is sent before the change itself. */
  inputStatus(which: number, status: StreamStatus): void {
    const wasIdle = this.#isIdle;
    this.#inputAt(which).isIdle = status === "idle";
    this.#update();
    if (this.#isIdle !== wasIdle) this.#output.status(status);
  }

  #update(): void {
    let minimum: bigint | null = null;
    for (const { isIdle, watermark } of this.#inputs) {
      if (!isIdle && (minimum === null || watermark < minimum)) minimum = watermark;
    }
    this.#isIdle = minimum === null;
    if (minimum === null || minimum <= this.#sent) return;
    this.#sent = minimum;
    this.#output.watermark(minimum);
  }

  #inputAt(which: number): Input {
    const input = this.#inputs[which];
    if (input === undefined) throw new TypeError(`there is no input ${which}`);
    return input;
  }
}
