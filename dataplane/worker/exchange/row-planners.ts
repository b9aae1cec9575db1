/** The partitioners that choose a channel for each row. */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { type KeyGroupOptions, KeyGroups } from "../../memory/key-groups.ts";
import { createChannelTable, type RowScatter } from "../../memory/row-scatter.ts";
import { RowWords } from "../../memory/row-words.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { EngineError } from "../../protocol/errors.ts";
import { BUILDER_WITH_KEY_GROUPS } from "../../protocol/view-layout.ts";
import type { Prng } from "../prng.ts";
import type { RowPlanner } from "./partitioner.ts";

export interface HashOptions extends KeyGroupOptions {
  readonly channelCount: number;
}

/** By key group, as Flink does; the key groups travel with the rows. */
export class HashPlanner implements RowPlanner {
  readonly extraFlags = BUILDER_WITH_KEY_GROUPS;
  readonly #memory: TaskMemory;
  readonly #options: HashOptions;
  readonly #keyGroups: KeyGroups;
  readonly #channelTable: number;

  constructor(memory: TaskMemory, options: HashOptions) {
    this.#memory = memory;
    this.#options = options;
    this.#keyGroups = new KeyGroups(memory, options);
    this.#channelTable = createChannelTable(memory, options.maxParallelism, options.channelCount);
  }

  /** Errors: MR_KEY_NULL, MR_KEY_NAN. */
  plan(batch: BatchBuilder, scatter: RowScatter): number {
    const keyGroups = this.#keyGroups.of(batch);
    scatter.planByKeyGroup(batch, keyGroups, this.#channelTable);
    return keyGroups;
  }

  dispose(): void {
    this.#keyGroups.dispose();
    this.#memory.free(this.#channelTable, 2 * this.#options.maxParallelism);
  }
}

/** Round robin over all channels, record by record. */
export class RoundRobinPlanner implements RowPlanner {
  readonly extraFlags = 0;
  readonly #channelCount: number;
  #next: number;

  constructor(channelCount: number, first: number) {
    this.#channelCount = channelCount;
    this.#next = first;
  }

  plan(batch: BatchBuilder, scatter: RowScatter): number {
    scatter.planRoundRobin(batch, this.#next);
    this.#next = (this.#next + batch.rowCount) % this.#channelCount;
    return 0;
  }

  dispose(): void {}
}

/** The channel of a row of the batch. */
export type ChannelChooser = (batch: BatchView, row: number) => number;

/** What a function says. */
export class ChooserPlanner implements RowPlanner {
  readonly extraFlags = 0;
  readonly #memory: TaskMemory;
  readonly #channels: RowWords;
  readonly #choose: ChannelChooser;

  constructor(memory: TaskMemory, choose: ChannelChooser) {
    this.#memory = memory;
    this.#channels = new RowWords(memory);
    this.#choose = choose;
  }

  plan(batch: BatchBuilder, scatter: RowScatter): number {
    const rows = batch.rowCount;
    const ptr = this.#channels.ptrFor(rows);
    for (let row = 0; row < rows; row++) {
      const channel = this.#choose(batch, row);
      this.#memory.u16[(ptr >>> 1) + row] = channel;
    }
    scatter.planByChannel(batch, ptr);
    return 0;
  }

  dispose(): void {
    this.#channels.dispose();
  }
}

export function shuffleChooser(channelCount: number, prng: Prng): ChannelChooser {
  return () => prng.nextInt(channelCount);
}

/** Refuses what is no channel. */
export function checkedChannel(channel: unknown, channelCount: number, operator: string): number {
  if (Number.isInteger(channel) && (channel as number) >= 0 && (channel as number) < channelCount) {
    return channel as number;
  }
  const last = channelCount - 1;
  throw new EngineError("MR_PARTITION_OUT_OF_RANGE", { operator, actual: String(channel), last });
}
