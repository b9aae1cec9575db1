/** The watermark of an operator, in the forms its windows compare with. */
import { type Long, longOf } from "../../protocol/long.ts";
import type { OperatorHost } from "../operators/stream-operator.ts";

export class EventClock {
  readonly #host: OperatorHost;
  #seen: bigint;
  #watermark: Long;
  /** Rounded where it is not exact, which does not change the order among exact times. */
  #rounded: number;

  constructor(host: OperatorHost) {
    this.#host = host;
    this.#seen = host.currentWatermark;
    this.#watermark = longOf(this.#seen);
    this.#rounded = Number(this.#seen);
  }

  get watermark(): Long {
    this.#look();
    return this.#watermark;
  }

  /** The watermark has reached `time`. */
  hasPassed(time: Long): boolean {
    this.#look();
    // Comparisons of numbers with bigints are slow, and there is no other watermark at first.
    return typeof time === "number" ? time <= this.#rounded : time <= this.#seen;
  }

  #look(): void {
    const { currentWatermark } = this.#host;
    if (currentWatermark === this.#seen) return;
    this.#seen = currentWatermark;
    this.#watermark = longOf(currentWatermark);
    this.#rounded = Number(currentWatermark);
  }
}
