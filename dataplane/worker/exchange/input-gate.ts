/**
 * All channels of all inputs of a task as one sequence of events. Channels are read in turn, a
 * frame each; watermarks and idleness are combined by the valve; the end comes when every channel
 * has ended.
 *
 * Invariants: the order within a channel is kept; the end is preceded by exactly one watermark
 * Long.MAX; an event is given out once.
 */
import { EngineError } from "../../protocol/errors.ts";
import { type InputEvent, MAX_WATERMARK } from "../stream-event.ts";
import { WatermarkValve } from "../watermark-valve.ts";
import type { InputChannel } from "./input-channel.ts";

export class InputGate {
  readonly #channels: readonly InputChannel[];
  readonly #operatorName: string;
  readonly #valve: WatermarkValve;
  readonly #isEnded: boolean[];
  /** Events that wait to be given out, oldest first. */
  readonly #queue: InputEvent[] = [];
  #open: number;
  #turn = 0;

  constructor(channels: readonly InputChannel[], operatorName: string) {
    this.#channels = channels;
    this.#operatorName = operatorName;
    this.#isEnded = channels.map(() => false);
    this.#open = channels.length;
    this.#valve = new WatermarkValve(channels.length, {
      watermark: (watermarkMs) => this.#queue.push({ kind: "watermark", watermarkMs }),
      status: (status) => this.#queue.push({ kind: "status", status }),
    });
    if (channels.length === 0) this.#end();
  }

  /** Bytes of the batch given out last. */
  get batchBytes(): number {
    return this.#channels[this.#turn]?.batchBytes ?? 0;
  }

  /** Whether next() would do something. */
  get hasInput(): boolean {
    if (this.#queue.length > 0) return true;
    return this.#channels.some(
      (channel, index) => !this.#isEnded[index] && (channel.hasFrames || channel.isBroken),
    );
  }

  /**
   * The next event, or null: nothing there yet. A batch is valid until the next call.
   * Errors: MR_UPSTREAM_FAILED.
   */
  next(): InputEvent | null {
    for (let tried = 0; tried < this.#channels.length && this.#queue.length === 0; tried++) {
      this.#turn = (this.#turn + 1) % this.#channels.length;
      const event = this.#read(this.#turn);
      if (event !== null) return event;
    }
    return this.#queue.shift() ?? null;
  }

  close(): void {
    for (const channel of this.#channels) channel.close();
  }

  /** Reads one channel up to an event of its own or to one of the valve. */
  #read(index: number): InputEvent | null {
    const channel = this.#channels[index];
    while (channel !== undefined && !this.#isEnded[index] && this.#queue.length === 0) {
      const event = channel.read();
      if (event === null) {
        if (channel.isBroken) throw this.#upstreamFailed();
        return null;
      }
      if (event.kind === "data" || event.kind === "barrier") return event;
      this.#combine(index, event);
    }
    return null;
  }

  #combine(index: number, event: Exclude<InputEvent, { readonly kind: "data" | "barrier" }>): void {
    if (event.kind === "watermark") this.#valve.inputWatermark(index, event.watermarkMs);
    else if (event.kind === "status") this.#valve.inputStatus(index, event.status);
    else {
      this.#isEnded[index] = true;
      this.#open -= 1;
      if (this.#open === 0) this.#end();
    }
  }

  #end(): void {
    if (this.#valve.sent < MAX_WATERMARK) {
      this.#queue.push({ kind: "watermark", watermarkMs: MAX_WATERMARK });
    }
    this.#queue.push({ kind: "end" });
  }

  #upstreamFailed(): EngineError {
    return new EngineError("MR_UPSTREAM_FAILED", { operator: this.#operatorName });
  }
}
