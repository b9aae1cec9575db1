/**
 * All channels of all inputs of a task as one sequence of events. Inputs are read in turn, and so are
 * the channels of each, a frame at a time; watermarks and idleness are combined, first over the
 * channels of an input and then over the inputs; the end comes when every channel has ended. Barriers are
 * aligned over all channels.
 *
 * Invariants: the order within a channel is kept; an input that has ended has brought the watermark
 * Long.MAX, so the end is preceded by exactly one; an event is given out once.
 */
import { EngineError } from "../../protocol/errors.ts";
import { CombinedWatermark } from "../combined-watermark.ts";
import {
  type BarrierEvent,
  type ControlEvent,
  type InputEvent,
  MAX_WATERMARK,
} from "../stream-event.ts";
import { WatermarkValve } from "../watermark-valve.ts";
import { BarrierAlignment } from "./barrier-alignment.ts";
import type { InputChannel } from "./input-channel.ts";

/** What the gate needs of a channel. */
type Channel = Pick<InputChannel, "hasFrames" | "isBroken" | "batchBytes" | "read" | "close">;

export class InputGate {
  readonly #inputs: readonly GateInput[];
  /** Events that wait to be given out, oldest first. */
  readonly #queue: InputEvent[] = [];
  readonly #alignment: BarrierAlignment;
  #open: number;
  #isEndGiven = false;
  #turn = 0;

  /**
   * @param inputs channels of the one input that most operators have, or of two
   * @param monotonic ms, for the time that barriers take
   */
  constructor(
    inputs: readonly (readonly Channel[])[],
    operatorName: string,
    monotonic: () => number,
  ) {
    const queue = this.#queue;
    const alignment = new BarrierAlignment(inputs.flat().length, monotonic);
    this.#alignment = alignment;
    const combined = new CombinedWatermark(inputs.length, {
      watermark: (watermarkMs) => queue.push({ kind: "watermark", watermarkMs }),
      status: (status) => queue.push({ kind: "status", status }),
    });
    this.#inputs = inputs.map(
      (channels, which) =>
        new GateInput({
          channels,
          which,
          combined,
          queue,
          operatorName,
          alignment,
          firstChannel: inputs.slice(0, which).flat().length,
        }),
    );
    this.#open = this.#inputs.filter(({ isEnded }) => !isEnded).length;
  }

  /** Bytes of the batch given out last. */
  get batchBytes(): number {
    return this.#inputs[this.#turn]?.batchBytes ?? 0;
  }

  /** Whether next() would do something. */
  get hasInput(): boolean {
    if (this.#queue.length > 0) return true;
    if (this.#open === 0) return !this.#isEndGiven || this.#alignment.hasAnnounced;
    return this.#inputs.some((input) => input.hasInput);
  }

  /** ms that the barrier given out last waited for those of other channels. */
  get alignmentMs(): number {
    return this.#alignment.alignmentMs;
  }

  /** A checkpoint was triggered; where all channels have ended, its barrier comes from here. */
  announce(barrier: BarrierEvent): void {
    this.#alignment.announce(barrier);
  }

  /** A checkpoint was given up: channels do not wait for it any longer. */
  abort(checkpointId: bigint): void {
    this.#alignment.abort(checkpointId);
  }

  /**
   * The next event, or null: nothing there yet. A batch is valid until the next call. Behind the end
   * nothing comes but barriers of announced checkpoints.
   * Errors: MR_UPSTREAM_FAILED.
   */
  next(): InputEvent | null {
    for (let tried = 0; tried < this.#inputs.length && this.#queue.length === 0; tried++) {
      this.#turn = (this.#turn + 1) % this.#inputs.length;
      const input = this.#inputs[this.#turn] as GateInput;
      if (input.isEnded) continue;
      const event = input.next();
      if (event !== null) return event;
      if (input.isEnded) this.#open -= 1;
    }
    return this.#queue.shift() ?? this.#lastEvent();
  }

  close(): void {
    for (const input of this.#inputs) input.close();
  }

  /** When all channels have ended: a barrier that nobody sends any more, then the end. */
  #lastEvent(): InputEvent | null {
    if (this.#open > 0) return null;
    const barrier = this.#alignment.takeAnnounced();
    if (barrier !== null) return barrier;
    if (this.#isEndGiven) return null;
    this.#isEndGiven = true;
    return { kind: "end" };
  }
}

interface GateInputParts {
  readonly channels: readonly Channel[];
  readonly which: number;
  readonly combined: CombinedWatermark;
  /** Events of the gate: nothing more is read while some wait. */
  readonly queue: InputEvent[];
  readonly alignment: BarrierAlignment;
  /** Number of its first channel among all of the gate. */
  readonly firstChannel: number;
  readonly operatorName: string;
}

/** One input: its channels, and what they come to. */
class GateInput {
  readonly #parts: GateInputParts;
  readonly #valve: WatermarkValve;
  readonly #isEnded: boolean[];
  #open: number;
  #turn = 0;

  constructor(parts: GateInputParts) {
    const { channels, which, combined } = parts;
    this.#parts = parts;
    this.#valve = new WatermarkValve(channels.length, {
      watermark: (watermarkMs) => combined.inputWatermark(which, watermarkMs),
      status: (status) => combined.inputStatus(which, status),
    });
    this.#isEnded = channels.map(() => false);
    this.#open = channels.length;
    if (this.isEnded) this.#end();
  }

  get isEnded(): boolean {
    return this.#open === 0;
  }

  get batchBytes(): number {
    return this.#parts.channels[this.#turn]?.batchBytes ?? 0;
  }

  get hasInput(): boolean {
    return this.#parts.channels.some(
      (channel, index) => this.#isReadable(index) && (channel.hasFrames || channel.isBroken),
    );
  }

  /** The next event to give out as it is; null = there is none, or the gate has others. */
  next(): InputEvent | null {
    const { channels, queue } = this.#parts;
    for (let tried = 0; tried < channels.length && queue.length === 0; tried++) {
      this.#turn = (this.#turn + 1) % channels.length;
      const event = this.#read(this.#turn);
      if (event !== null) return event;
    }
    return null;
  }

  close(): void {
    for (const channel of this.#parts.channels) channel.close();
  }

  /** Reads one channel up to an event of its own or to one of the gate. */
  #read(index: number): InputEvent | null {
    const { channels, which, queue, operatorName } = this.#parts;
    const channel = channels[index];
    while (channel !== undefined && this.#isReadable(index) && queue.length === 0) {
      const event = channel.read();
      if (event === null) {
        if (!channel.isBroken) return null;
        throw new EngineError("MR_UPSTREAM_FAILED", { operator: operatorName });
      }
      if (event.kind === "data") return which === 0 ? event : { ...event, which };
      this.#combine(index, event);
    }
    return null;
  }

  #isReadable(index: number): boolean {
    const { alignment, firstChannel } = this.#parts;
    return !this.#isEnded[index] && !alignment.isBlocked(firstChannel + index);
  }

  #combine(index: number, event: ControlEvent): void {
    const { alignment, firstChannel, queue } = this.#parts;
    if (event.kind === "watermark") this.#valve.inputWatermark(index, event.watermarkMs);
    else if (event.kind === "status") this.#valve.inputStatus(index, event.status);
    else if (event.kind === "barrier") {
      const barrier = alignment.arrived(firstChannel + index, event);
      if (barrier !== null) queue.push(barrier);
    } else {
      this.#isEnded[index] = true;
      this.#open -= 1;
      if (this.isEnded) this.#end();
      const barrier = alignment.ended(firstChannel + index);
      if (barrier !== null) queue.push(barrier);
    }
  }

  #end(): void {
    const { combined, which } = this.#parts;
    if (this.#valve.sent < MAX_WATERMARK) combined.inputWatermark(which, MAX_WATERMARK);
  }
}
