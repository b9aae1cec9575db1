/**
 * Combines the watermarks and idleness of the channels of one input (Flink's StatusWatermarkValve).
 *
 * The output watermark is the minimum over the channels that count: active and aligned, that is,
 * not behind what was sent already. A channel that returns from idleness behind the output does not
 * count until it has caught up. When the last active channel goes idle, the largest watermark of
 * all is sent first, if that channel was what held the output.
 *
 * Invariants: sent watermarks grow; `isAligned` implies `isActive`.
 */
import { NO_WATERMARK } from "./stream-event.ts";

export type StreamStatus = "idle" | "active";

export interface ValveOutput {
  watermark(watermarkMs: bigint): void;
  status(status: StreamStatus): void;
}

interface Channel {
  watermark: bigint;
  isActive: boolean;
  isAligned: boolean;
}

export class WatermarkValve {
  readonly #channels: readonly Channel[];
  readonly #output: ValveOutput;
  #sent = NO_WATERMARK;
  #isActive = true;

  constructor(channelCount: number, output: ValveOutput) {
    this.#channels = Array.from({ length: channelCount }, () => ({
      watermark: NO_WATERMARK,
      isActive: true,
      isAligned: true,
    }));
    this.#output = output;
  }

  /** Last watermark sent; Long.MIN before the first. */
  get sent(): bigint {
    return this.#sent;
  }

  inputWatermark(index: number, watermarkMs: bigint): void {
    const channel = this.#channelAt(index);
    if (!channel.isActive || watermarkMs <= channel.watermark) return;
    channel.watermark = watermarkMs;
    if (!channel.isAligned && watermarkMs >= this.#sent) channel.isAligned = true;
    this.#sendMinimum();
  }

  inputStatus(index: number, status: StreamStatus): void {
    const channel = this.#channelAt(index);
    if (channel.isActive === (status === "active")) return;
    if (status === "active") this.#activate(channel);
    else this.#deactivate(channel);
  }

  #activate(channel: Channel): void {
    channel.isActive = true;
    channel.isAligned = channel.watermark >= this.#sent;
    if (this.#isActive) return;
    this.#isActive = true;
    this.#output.status("active");
  }

  #deactivate(channel: Channel): void {
    channel.isActive = false;
    channel.isAligned = false;
    const held = channel.watermark === this.#sent;
    if (this.#channels.some(({ isActive }) => isActive)) {
      if (held) this.#sendMinimum();
      return;
    }
    if (held) this.#send(this.#largest());
    this.#isActive = false;
    this.#output.status("idle");
  }

  #sendMinimum(): void {
    let minimum: bigint | null = null;
    for (const { isAligned, watermark } of this.#channels) {
      if (isAligned && (minimum === null || watermark < minimum)) minimum = watermark;
    }
    if (minimum !== null) this.#send(minimum);
  }

  #largest(): bigint {
    return this.#channels.reduce(
      (largest, { watermark }) => (watermark > largest ? watermark : largest),
      NO_WATERMARK,
    );
  }

  #send(watermarkMs: bigint): void {
    if (watermarkMs <= this.#sent) return;
    this.#sent = watermarkMs;
    this.#output.watermark(watermarkMs);
  }

  #channelAt(index: number): Channel {
    const channel = this.#channels[index];
    if (channel === undefined) throw new TypeError(`there is no channel ${index}`);
    return channel;
  }
}
