/**
 * One ring as an output of a task: collects rows until a batch is full and writes it into the ring
 * in one copy. Batches too large for a frame, and types, go out piece by piece.
 *
 * Invariants: order is kept: what is in #outgoing was first, then the rows in the builder; a call
 * that answers "no" has changed nothing it would do again.
 */
import { BatchBuilder } from "../../memory/batch-builder.ts";
import { copyBytes } from "../../memory/copy-bytes.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { BATCH_MAX_BYTES } from "../../protocol/batch-layout.ts";
import { barrierFlags } from "../../protocol/checkpoint.ts";
import { EngineError } from "../../protocol/errors.ts";
import {
  FRAME_BARRIER,
  FRAME_CHUNK,
  FRAME_DATA,
  FRAME_END_OF_INPUT,
  FRAME_SCHEMA,
  FRAME_STATUS,
  FRAME_WATERMARK,
  STREAM_STATUS_ACTIVE,
  STREAM_STATUS_IDLE,
} from "../../protocol/frame-layout.ts";
import { batchBytesOf } from "../../protocol/ring-sizing.ts";
import type { ControlEvent } from "../stream-event.ts";
import type { OutputMeter } from "./output-meter.ts";
import { type OutputType, rowCapacityOf } from "./output-type.ts";
import type { RingProducer } from "./ring-producer.ts";

/** A builder that grew beyond so many full batches is made anew. */
const KEEP_BATCHES = 4;

export interface OutputChannelOptions {
  readonly memory: TaskMemory;
  readonly meter: OutputMeter;
  readonly operatorName: string;
  readonly maxRecordBytes: number;
}

/** Bytes that go out in several frames. */
interface Outgoing {
  readonly kind: number;
  readonly bytes: Uint8Array;
  /** SCHEMA: its id. */
  readonly schemaId: number;
  /** Borrowed for `bytes`. */
  readonly borrowed: number;
  sent: number;
}

export class OutputChannel {
  readonly #ring: RingProducer;
  readonly #options: OutputChannelOptions;
  readonly #batchBytes: number;
  #type: OutputType | null = null;
  #builder: BatchBuilder | null = null;
  #outgoing: Outgoing | null = null;
  /** Payload that found no room last; -1 = a control frame. */
  #refused = 0;

  constructor(ring: RingProducer, options: OutputChannelOptions) {
    this.#ring = ring;
    this.#options = options;
    this.#batchBytes = batchBytesOf(ring.capacity);
  }

  /** Something waits to be written into the ring. */
  get isPending(): boolean {
    return this.#outgoing !== null || this.#pendingRows > 0;
  }

  /** The builder takes no more rows. */
  get isFull(): boolean {
    return this.#builder?.isFull ?? false;
  }

  /** Whether what answered "no" last would get on now. */
  get hasRoom(): boolean {
    return this.#refused < 0 ? this.#ring.hasControlRoom : this.#ring.hasRoomFor(this.#refused);
  }

  /** Asks to be woken when there is room; see RingProducer. */
  waitForRoom(): void {
    this.#ring.waitForRoom(Math.max(0, this.#refused));
  }

  /** Sets the type of the rows to come; nothing may be pending. */
  setType(type: OutputType): void {
    this.#builder?.dispose();
    this.#builder = null;
    this.#type = type;
    const { announcement, schemaId } = type;
    if (announcement === null) return;
    this.#outgoing = { kind: FRAME_SCHEMA, bytes: announcement, schemaId, borrowed: 0, sent: 0 };
  }

  /** A builder with room, or null: the ring has none. */
  builderWithRoom(): BatchBuilder | null {
    const builder = this.#builder ?? this.#createBuilder();
    if (builder.isFull && !this.flush()) return null;
    return builder;
  }

  /** Whether the batch is worth a frame of its own. */
  suits(batch: BatchBuilder): boolean {
    return batch.byteLength * 2 >= this.#batchBytes || batch.rowCount * 2 >= batch.rowCapacity;
  }

  /**
   * Writes rows that another builder holds, behind those of this channel. @returns false = no room
   */
  writeWhole(batch: BatchBuilder): boolean {
    if (!this.flush() || !this.#writeBatch(batch)) return false;
    this.#drain();
    return true;
  }

  /** Writes out what is pending. @returns false = no room for all of it */
  flush(): boolean {
    if (!this.#drain()) return false;
    const builder = this.#builder;
    if (builder === null || builder.rowCount === 0) return true;
    if (!this.#writeBatch(builder)) return false;
    this.#empty(builder);
    // The batch may have to go out in chunks.
    return this.#drain();
  }

  /** Writes what is pending and then the event. @returns false = no room for all of it */
  writeControl(event: ControlEvent): boolean {
    if (!this.flush()) return false;
    if (this.#writeControlFrame(event)) return true;
    this.#refused = -1;
    return false;
  }

  /** The task ends without an end of input. */
  fail(): void {
    this.#ring.fail();
  }

  /** Gives borrowed memory back; the linear memory goes as a whole. */
  close(): void {
    this.#finishOutgoing();
  }

  get #pendingRows(): number {
    return this.#builder?.rowCount ?? 0;
  }

  #empty(builder: BatchBuilder): void {
    if (builder.byteLength <= KEEP_BATCHES * this.#batchBytes) {
      builder.reset();
      return;
    }
    // One large record must not hold its room for ever.
    builder.dispose();
    this.#builder = null;
  }

  #createBuilder(): BatchBuilder {
    if (this.#type === null) throw new TypeError("a channel gets rows before it knows their type");
    const { schema, flags } = this.#type;
    const byteCapacity = this.#batchBytes;
    const rowCapacity = rowCapacityOf(schema, byteCapacity);
    this.#builder = new BatchBuilder(this.#options.memory, schema, {
      rowCapacity,
      byteCapacity,
      flags,
    });
    return this.#builder;
  }

  /**
   * Takes the rows of a batch over: into the ring, or into #outgoing (empty now) if they need
   * several frames.
   */
  #writeBatch(batch: BatchBuilder): boolean {
    const bytes = batch.sealedLength();
    const schemaId = this.#type?.schemaId ?? 0;
    if (bytes > this.#ring.maxPayload) {
      this.#startChunks(batch, bytes, schemaId);
      return true;
    }
    const offset = this.#ring.reserve(bytes);
    if (offset < 0) {
      this.#refused = bytes;
      return false;
    }
    batch.sealInto(this.#ring.bytes, offset, schemaId);
    this.#ring.commit(FRAME_DATA, bytes);
    this.#options.meter.countBatch(bytes);
    return true;
  }

  #startChunks(batch: BatchBuilder, length: number, schemaId: number): void {
    const { memory, maxRecordBytes, operatorName, meter } = this.#options;
    if (length > maxRecordBytes + BATCH_MAX_BYTES) {
      const details = { operator: operatorName, bytes: length, limit: maxRecordBytes };
      throw new EngineError("MR_RECORD_TOO_LARGE", details);
    }
    memory.manager.borrow(memory.owner, length);
    const bytes = new Uint8Array(length);
    batch.sealInto(bytes, 0, schemaId);
    this.#outgoing = { kind: FRAME_CHUNK, bytes, schemaId, borrowed: length, sent: 0 };
    meter.countBatch(length);
  }

  /** Sends #outgoing on. @returns true = it is out */
  #drain(): boolean {
    const outgoing = this.#outgoing;
    if (outgoing === null) return true;
    const { bytes, kind } = outgoing;
    while (outgoing.sent < bytes.length) {
      const length = Math.min(this.#ring.maxPayload, bytes.length - outgoing.sent);
      const offset = this.#ring.reserve(length);
      if (offset < 0) {
        this.#refused = length;
        return false;
      }
      copyBytes(this.#ring.bytes, offset, bytes.subarray(outgoing.sent, outgoing.sent + length));
      outgoing.sent += length;
      const rest = Math.ceil((bytes.length - outgoing.sent) / this.#ring.maxPayload);
      const arg32 = kind === FRAME_CHUNK ? rest : outgoing.schemaId;
      this.#ring.commit(kind, length, arg32, BigInt(bytes.length));
    }
    this.#finishOutgoing();
    return true;
  }

  #finishOutgoing(): void {
    const borrowed = this.#outgoing?.borrowed ?? 0;
    const { memory } = this.#options;
    if (borrowed > 0) memory.manager.giveBack(memory.owner, borrowed);
    this.#outgoing = null;
  }

  #writeControlFrame(event: ControlEvent): boolean {
    switch (event.kind) {
      case "watermark":
        return this.#ring.writeControl(FRAME_WATERMARK, 0, event.watermarkMs);
      case "status": {
        const status = event.status === "idle" ? STREAM_STATUS_IDLE : STREAM_STATUS_ACTIVE;
        return this.#ring.writeControl(FRAME_STATUS, status);
      }
      case "barrier": {
        const { checkpointId, triggeredMs, options } = event;
        return this.#ring.writeControl(
          FRAME_BARRIER,
          barrierFlags(options),
          checkpointId,
          triggeredMs,
        );
      }
      case "end":
        return this.#ring.writeControl(FRAME_END_OF_INPUT);
    }
  }
}
