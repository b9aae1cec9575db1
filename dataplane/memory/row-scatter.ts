/**
 * Deals the rows of a view out to channels: a plan says which rows each channel gets, gather() moves
 * them as far as a builder has room. After a full builder was shipped, gather() goes on where it was.
 *
 *   scatter.planByKeyGroup(view, keyGroupsPtr, channelTablePtr);
 *   for each channel: while (!scatter.gather(view, channel, builder, keyGroupsPtr)) ship(builder);
 */
import type { BatchBuilder } from "./batch-builder.ts";
import type { BatchView } from "./batch-view.ts";
import type { TaskMemory } from "./task-memory.ts";

export class RowScatter {
  readonly memory: TaskMemory;
  readonly channelCount: number;
  /** Rows of each channel that were gathered since the last plan. */
  readonly #taken: Uint32Array;
  #rowCapacity = 0;
  #scratchPtr = 0;

  constructor(memory: TaskMemory, channelCount: number) {
    if (!Number.isInteger(channelCount) || channelCount < 1 || channelCount > 65535) {
      throw new TypeError(`channelCount is ${channelCount}; expected an integer from 1 to 65535`);
    }
    this.memory = memory;
    this.channelCount = channelCount;
    this.#taken = new Uint32Array(channelCount);
  }

  /**
   * @param keyGroupsPtr    u16 per row of the view
   * @param channelTablePtr u16 per key group, see createChannelTable()
   */
  planByKeyGroup(view: BatchView, keyGroupsPtr: number, channelTablePtr: number): void {
    const scratch = this.#begin(view.rowCount);
    const { kernels } = this.memory;
    kernels.scatterPlan(view.ptr, keyGroupsPtr, channelTablePtr, this.channelCount, scratch);
  }

  /** @param channelsPtr u16 per row, each below channelCount */
  planByChannel(view: BatchView, channelsPtr: number): void {
    const rows = view.rowCount;
    const scratch = this.#begin(rows);
    this.memory.kernels.scatterChannels(channelsPtr, rows, this.channelCount, scratch);
  }

  /** Row i goes to channel (first + i) mod channelCount. */
  planRoundRobin(view: BatchView, first: number): void {
    const rows = view.rowCount;
    const scratch = this.#begin(rows);
    this.memory.kernels.scatterRoundRobin(rows, first, this.channelCount, scratch);
  }

  /** Rows of a channel that are still to be gathered. */
  remaining(channel: number): number {
    return this.#end(channel) - this.#next(channel);
  }

  /**
   * Moves rows of a channel to its builder.
   *
   * @param keyGroupsPtr u16 per row of the view for builders with key groups, 0 = the view's own
   * @returns true = all of them are moved; false = the builder is full
   * Errors: MR_MEMORY_EXHAUSTED.
   */
  gather(view: BatchView, channel: number, builder: BatchBuilder, keyGroupsPtr: number): boolean {
    const count = this.remaining(channel);
    if (count === 0) return true;
    const selection = this.#scratchPtr + (this.channelCount + 1) * 4;
    const from = this.#next(channel);
    const { kernels } = this.memory;
    const taken = kernels.gatherSelected(
      view.ptr,
      selection,
      from,
      count,
      builder.ptr,
      keyGroupsPtr,
    );
    if (taken < 0) throw this.memory.exhausted(0);
    this.#taken[channel] = (this.#taken[channel] as number) + taken;
    return taken === count;
  }

  dispose(): void {
    this.memory.free(this.#scratchPtr, this.#scratchBytes(this.#rowCapacity));
    this.#scratchPtr = 0;
    this.#rowCapacity = 0;
  }

  /** Address of scratch for so many rows; nothing is taken yet. */
  #begin(rows: number): number {
    this.#taken.fill(0);
    if (this.#scratchPtr === 0 || rows > this.#rowCapacity) {
      this.dispose();
      this.#scratchPtr = this.memory.alloc(this.#scratchBytes(rows));
      this.#rowCapacity = rows;
    }
    return this.#scratchPtr;
  }

  #scratchBytes(rows: number): number {
    return 4 * (this.channelCount + 1 + 2 * rows) + 16 * this.channelCount;
  }

  #next(channel: number): number {
    return this.#start(channel) + (this.#taken[channel] as number);
  }

  #end(channel: number): number {
    return this.#start(channel + 1);
  }

  #start(channel: number): number {
    return this.memory.u32[(this.#scratchPtr >>> 2) + channel] as number;
  }
}

/**
 * The u16 table that takes key groups to channels: index * channelCount / groupCount, where the index
 * counts from the first group there is. Belongs to the caller; its size is 2 * (firstGroup + groupCount).
 *
 * @param groupCount maxParallelism for all key groups
 */
export function createChannelTable(
  memory: TaskMemory,
  groupCount: number,
  channelCount: number,
  firstGroup = 0,
): number {
  const ptr = memory.alloc(2 * (firstGroup + groupCount));
  for (let index = 0; index < groupCount; ++index) {
    const channel = Math.floor((index * channelCount) / groupCount);
    memory.u16[(ptr >>> 1) + firstGroup + index] = channel;
  }
  return ptr;
}
