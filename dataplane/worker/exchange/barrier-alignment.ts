/**
 * When the barriers of a checkpoint have come by all channels of a task. Channels that have ended count
 * as having brought theirs.
 *
 * EXACTLY_ONCE: a channel that has brought its barrier is blocked until the others have, so that no row
 * behind a barrier is handled before the snapshot. A newer barrier shows that the older checkpoint was
 * given up, and frees what it blocked.
 *
 * Invariants: ids that are given out, or given up, only grow; a blocked channel has brought the barrier
 * of the one checkpoint that is pending.
 */
import type { BarrierEvent } from "../stream-event.ts";

interface Pending {
  readonly barrier: BarrierEvent;
  readonly arrived: Set<number>;
  readonly startMs: number;
}

export class BarrierAlignment {
  readonly #monotonic: () => number;
  readonly #open: Set<number>;
  /** By id, oldest first. More than one under AT_LEAST_ONCE only. */
  #pending: Pending[] = [];
  /** Barriers up to this one are of no interest any more. */
  #settledId = 0n;
  /** Checkpoints that this task was told of, whether or not by a barrier; oldest first. */
  #announced: BarrierEvent[] = [];
  /** ms between the first and the last barrier of what was given out last. */
  alignmentMs = 0;

  /** @param monotonic ms that never go back */
  constructor(channelCount: number, monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#open = new Set(Array.from({ length: channelCount }, (_, index) => index));
  }

  isBlocked(channel: number): boolean {
    const [oldest] = this.#pending;
    if (oldest === undefined || oldest.barrier.options.mode === "AT_LEAST_ONCE") return false;
    return oldest.arrived.has(channel);
  }

  /** @returns the barrier, if it was the last one missing */
  arrived(channel: number, barrier: BarrierEvent): BarrierEvent | null {
    const { checkpointId, options } = barrier;
    if (checkpointId <= this.#settledId) return null;
    if (options.mode === "EXACTLY_ONCE") this.#giveUpBefore(checkpointId);
    this.#pendingOf(barrier).arrived.add(channel);
    return this.#takeComplete();
  }

  /** @returns the barrier that waited for this channel alone */
  ended(channel: number): BarrierEvent | null {
    this.#open.delete(channel);
    return this.#takeComplete();
  }

  /** A checkpoint was triggered: its barrier may never come, if all that could send it have ended. */
  announce(barrier: BarrierEvent): void {
    this.#forgetSettled();
    this.#announced.push(barrier);
  }

  /** All channels have ended. @returns the oldest barrier that none of them has brought */
  takeAnnounced(): BarrierEvent | null {
    this.#forgetSettled();
    const announced = this.#announced.shift();
    if (announced === undefined) return null;
    this.#giveUpBefore(announced.checkpointId + 1n);
    this.alignmentMs = 0;
    return announced;
  }

  /** Whether takeAnnounced() would answer one. */
  get hasAnnounced(): boolean {
    this.#forgetSettled();
    return this.#announced.length > 0;
  }

  /** The checkpoint, and those before it, will not complete. */
  abort(checkpointId: bigint): void {
    this.#giveUpBefore(checkpointId + 1n);
  }

  #pendingOf(barrier: BarrierEvent): Pending {
    const known = this.#pending.find((one) => one.barrier.checkpointId === barrier.checkpointId);
    if (known !== undefined) return known;
    const pending = { barrier, arrived: new Set<number>(), startMs: this.#monotonic() };
    this.#pending.push(pending);
    this.#pending.sort((a, b) => Number(a.barrier.checkpointId - b.barrier.checkpointId));
    return pending;
  }

  /** The newest one that waits for no channel; older ones are behind it in none. */
  #takeComplete(): BarrierEvent | null {
    const complete = this.#pending.findLast(({ arrived }) =>
      [...this.#open].every((channel) => arrived.has(channel)),
    );
    if (complete === undefined) return null;
    this.alignmentMs = this.#monotonic() - complete.startMs;
    this.#giveUpBefore(complete.barrier.checkpointId + 1n);
    return complete.barrier;
  }

  #forgetSettled(): void {
    while ((this.#announced[0]?.checkpointId ?? this.#settledId + 1n) <= this.#settledId)
      this.#announced.shift();
  }

  #giveUpBefore(checkpointId: bigint): void {
    this.#pending = this.#pending.filter(({ barrier }) => barrier.checkpointId >= checkpointId);
    if (this.#settledId < checkpointId - 1n) this.#settledId = checkpointId - 1n;
  }
}
