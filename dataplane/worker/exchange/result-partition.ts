/**
 * An output of a task: deals rows out to its channels and passes control events to all of them.
 *
 * Nothing here waits: what finds no room answers false and is called again with the same argument;
 * rows already dealt out are not dealt out twice.
 */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { BUILDER_WITH_ROW_INDEXES } from "../../protocol/view-layout.ts";
import type { Clock } from "../clock.ts";
import type { ControlEvent } from "../stream-event.ts";
import type { OutputChannel } from "./output-channel.ts";
import type { OutputMeter } from "./output-meter.ts";
import { type OutputType, typeText } from "./output-type.ts";
import type { Partitioner } from "./partitioner.ts";

export interface ResultPartitionOptions {
  readonly channels: readonly OutputChannel[];
  readonly partitioner: Partitioner;
  /** null = announced by schema frames. */
  readonly declaredType: BatchType | null;
  readonly bufferTimeoutMs: number;
  readonly clock: Clock;
  readonly meter: OutputMeter;
}

const NO_DEADLINE = Number.POSITIVE_INFINITY;

export class ResultPartition {
  readonly #options: ResultPartitionOptions;
  readonly #channels: readonly OutputChannel[];
  readonly #partitioner: Partitioner;
  #type: OutputType | null = null;
  /** Flags of the batches that #type was made from. */
  #batchFlags = 0;
  #isPlanned = false;
  /** Channels that have got the control event under way. */
  readonly #hasEvent: boolean[];
  /** Channels that had no room at the last call. */
  #blocking: OutputChannel[] = [];
  #flushAt = NO_DEADLINE;
  #hasEnded = false;

  constructor(options: ResultPartitionOptions) {
    this.#options = options;
    this.#channels = options.channels;
    this.#partitioner = options.partitioner;
    this.#hasEvent = options.channels.map(() => false);
  }

  /** Deals out the rows of a batch. @returns false = blocked; call again with the same batch */
  write(batch: BatchBuilder): boolean {
    if (!this.#isPlanned) {
      if (!this.#adoptTypeOf(batch)) return false;
      this.#partitioner.plan(batch);
      this.#isPlanned = true;
    }
    if (!this.#forAll((channel, index) => this.#writeTo(index, channel, batch))) return false;
    this.#isPlanned = false;
    this.#options.meter.countRows(batch.rowCount);
    this.#scheduleFlush();
    return true;
  }

  /** Passes an event to all channels, behind their rows. @returns false = blocked; call again */
  writeControl(event: ControlEvent): boolean {
    // A barrier behind the end is for the task alone.
    if (this.#hasEnded) return true;
    const isDone = this.#forAll((channel, index) => {
      this.#hasEvent[index] ||= channel.writeControl(event);
      return this.#hasEvent[index];
    });
    if (!isDone) return false;
    if (event.kind === "watermark") this.#options.meter.noteWatermark(event.watermarkMs);
    this.#hasEvent.fill(false);
    this.#hasEnded = event.kind === "end";
    this.#flushAt = NO_DEADLINE;
    return true;
  }

  /** Whether a blocked call would get on now. */
  get hasRoom(): boolean {
    return this.#blocking.some(({ hasRoom }) => hasRoom);
  }

  /** Whether flush() would write something. */
  get canFlush(): boolean {
    return this.#channels.some(({ isPending, hasRoom }) => isPending && hasRoom);
  }

  /** Asks other threads to wake this one when there is room for what is blocked or pending. */
  waitForRoom(): void {
    for (const channel of this.#channels) {
      if (channel.isPending || this.#blocking.includes(channel)) channel.waitForRoom();
    }
  }

  /** Monotonic ms at which pending rows have to go out; Infinity = none are pending. */
  get flushAt(): number {
    return this.#flushAt;
  }

  /** Writes out pending rows as far as there is room. @returns false = some are still pending */
  flush(): boolean {
    if (!this.#channels.map((channel) => channel.flush()).every(Boolean)) return false;
    this.#flushAt = NO_DEADLINE;
    return true;
  }

  fail(): void {
    for (const channel of this.#channels) channel.fail();
  }

  close(): void {
    for (const channel of this.#channels) channel.close();
  }

  /**
   * Does what can be done at each channel, so that a full ring holds up no other. @returns all done
   */
  #forAll(write: (channel: OutputChannel, index: number) => boolean): boolean {
    this.#blocking = [];
    for (const [index, channel] of this.#channels.entries()) {
      if (!write(channel, index)) this.#blocking.push(channel);
    }
    return this.#blocking.length === 0;
  }

  #writeTo(index: number, channel: OutputChannel, batch: BatchBuilder): boolean {
    const partitioner = this.#partitioner;
    if (partitioner.remaining(index) === 0) return true;
    const isDirect = this.#options.bufferTimeoutMs === 0 || channel.suits(batch);
    if (partitioner.isWhole(index) && isDirect) {
      if (!channel.writeWhole(batch)) return false;
      partitioner.takeWhole(index);
      return true;
    }
    for (;;) {
      const builder = channel.builderWithRoom();
      if (builder === null) return false;
      if (partitioner.gather(batch, index, builder)) break;
      if (!channel.flush()) return false;
    }
    if (channel.isFull) channel.flush();
    return true;
  }

  #scheduleFlush(): void {
    const { bufferTimeoutMs, clock } = this.#options;
    if (bufferTimeoutMs < 0) return;
    if (bufferTimeoutMs === 0) {
      if (!this.flush()) this.#flushAt = clock.monotonic();
    } else if (this.#flushAt === NO_DEADLINE && this.#channels.some(({ isPending }) => isPending)) {
      this.#flushAt = clock.monotonic() + bufferTimeoutMs;
    }
  }

  /**
   * Follows a change of type: rows of the old one go out first. @returns false = no room for them
   */
  #adoptTypeOf(batch: BatchBuilder): boolean {
    if (this.#type?.schema === batch.schema && this.#batchFlags === batch.flags) return true;
    if (!this.#forAll((channel) => channel.flush())) return false;
    this.#type = this.#describe(batch);
    this.#batchFlags = batch.flags;
    for (const channel of this.#channels) channel.setType(this.#type);
    return true;
  }

  #describe(batch: BatchBuilder): OutputType {
    const { schema } = batch;
    const flags = (batch.flags & ~BUILDER_WITH_ROW_INDEXES) | this.#partitioner.extraFlags;
    const text = typeText(schema.type);
    const { declaredType } = this.#options;
    if (declaredType === null) {
      const schemaId = (this.#type?.schemaId ?? 0) + 1;
      return { schema, flags, schemaId, announcement: Buffer.from(text) };
    }
    if (text !== typeText(declaredType)) {
      throw new TypeError(
        `the edge is declared as ${typeText(declaredType)}, its rows are ${text}`,
      );
    }
    return { schema, flags, schemaId: 0, announcement: null };
  }
}
