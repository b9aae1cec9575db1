/**
 * Which rows of a batch go to which channels. A plan is made per batch; rows are then moved channel
 * by channel, as far as each one's builder has room, so that a full ring stops nothing but its own
 * channel.
 *
 * Invariant: between two plans each row is moved to each of its channels once.
 */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { RowScatter } from "../../memory/row-scatter.ts";

export interface Partitioner {
  /** BUILDER_WITH_* that builders of channels need beside those of the batch. */
  readonly extraFlags: number;
  plan(batch: BatchBuilder): void;
  /** Rows that a channel still has to get. */
  remaining(channel: number): number;
  /** Moves rows of a channel into its builder. @returns false = the builder is full */
  gather(batch: BatchBuilder, channel: number, builder: BatchBuilder): boolean;
  /** The channel gets the batch as it is, and has got nothing of it yet. */
  isWhole(channel: number): boolean;
  /** The channel has got the batch as it is. */
  takeWhole(channel: number): void;
  dispose(): void;
}

/**
 * Every row to the first `targetCount` channels: forward, global, broadcast, and any single
 * channel.
 */
export class WholeBatchPartitioner implements Partitioner {
  readonly extraFlags = 0;
  readonly #taken: number[];
  readonly #targetCount: number;
  #rowCount = 0;

  constructor(targetCount: number) {
    this.#targetCount = targetCount;
    this.#taken = new Array<number>(targetCount).fill(0);
  }

  plan(batch: BatchBuilder): void {
    this.#rowCount = batch.rowCount;
    this.#taken.fill(0);
  }

  remaining(channel: number): number {
    return channel < this.#targetCount ? this.#rowCount - (this.#taken[channel] as number) : 0;
  }

  gather(batch: BatchBuilder, channel: number, builder: BatchBuilder): boolean {
    const from = this.#taken[channel] as number;
    this.#taken[channel] = from + builder.appendRows(batch, from, this.#rowCount - from);
    return this.#taken[channel] === this.#rowCount;
  }

  isWhole(channel: number): boolean {
    return this.#taken[channel] === 0;
  }

  takeWhole(channel: number): void {
    this.#taken[channel] = this.#rowCount;
  }

  dispose(): void {
    this.#rowCount = 0;
  }
}

/** How one partitioner deals the rows of a batch out. */
export interface RowPlanner {
  readonly extraFlags: number;
  /**
   * Plans in `scatter`. @returns u16 per row: key groups to ship along, 0 = none or the batch's own
   */
  plan(batch: BatchBuilder, scatter: RowScatter): number;
  dispose(): void;
}

/** A channel per row. */
export class RowPartitioner implements Partitioner {
  readonly #scatter: RowScatter;
  readonly #planner: RowPlanner;
  #keyGroupsPtr = 0;

  constructor(scatter: RowScatter, planner: RowPlanner) {
    this.#scatter = scatter;
    this.#planner = planner;
  }

  get extraFlags(): number {
    return this.#planner.extraFlags;
  }

  plan(batch: BatchBuilder): void {
    this.#keyGroupsPtr = this.#planner.plan(batch, this.#scatter);
  }

  remaining(channel: number): number {
    return this.#scatter.remaining(channel);
  }

  gather(batch: BatchBuilder, channel: number, builder: BatchBuilder): boolean {
    return this.#scatter.gather(batch, channel, builder, this.#keyGroupsPtr);
  }

  isWhole(): boolean {
    return false;
  }

  takeWhole(): void {
    throw new TypeError("rows of this batch go to several channels");
  }

  dispose(): void {
    this.#scatter.dispose();
    this.#planner.dispose();
  }
}
