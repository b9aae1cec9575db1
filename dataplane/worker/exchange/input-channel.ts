/**
 * One ring as an input of a task: puts chunks together, follows the types of batches, and copies
 * each batch once, from the ring into linear memory.
 */
import type { BatchView } from "../../memory/batch-view.ts";
import { copyBytes } from "../../memory/copy-bytes.ts";
import { BATCH_HEADER_SIZE, BATCH_SCHEMA_ID } from "../../protocol/batch-layout.ts";
import { barrierOptions } from "../../protocol/checkpoint.ts";
import { EngineError } from "../../protocol/errors.ts";
import {
  FRAME_BARRIER,
  FRAME_CHUNK,
  FRAME_DATA,
  FRAME_END_OF_INPUT,
  FRAME_SCHEMA,
  FRAME_STATUS,
  FRAME_WATERMARK,
  STREAM_STATUS_IDLE,
} from "../../protocol/frame-layout.ts";
import type { InputEvent } from "../stream-event.ts";
import type { BatchInbox, Block } from "./batch-inbox.ts";
import type { Frame, RingConsumer } from "./ring-consumer.ts";

interface Assembly {
  readonly block: Block;
  filled: number;
}

const NO_TEXT = Buffer.alloc(0);

export class InputChannel {
  readonly #ring: RingConsumer;
  readonly #inbox: BatchInbox;
  /** View of the type announced last. */
  #view: BatchView | null;
  #schemaId = 0;
  #schemaText = NO_TEXT;
  #assembly: Assembly | null = null;

  /** @param typeText JSON of the declared BatchType; null = schema frames tell it */
  constructor(ring: RingConsumer, inbox: BatchInbox, typeText: string | null) {
    this.#ring = ring;
    this.#inbox = inbox;
    this.#view = typeText === null ? null : inbox.viewOf(typeText);
  }

  get hasFrames(): boolean {
    return this.#ring.hasFrames;
  }

  /** No frame is left and none will come, though the end of input was not among them. */
  get isBroken(): boolean {
    // The ring is looked at again: the last frames were written before the producer went.
    return !this.#ring.hasFrames && this.#ring.isProducerGone && !this.#ring.hasFrames;
  }

  /** Bytes of the batch read last, as it lay in the ring. */
  batchBytes = 0;

  /**
   * Takes frames up to one that the task has to see. A batch it answers is valid until the next
   * read of any channel of the same inbox.
   *
   * @returns null: no such frame is there yet
   */
  read(): InputEvent | null {
    for (let frame = this.#ring.peek(); frame !== null; frame = this.#ring.peek()) {
      const event = this.#take(frame);
      this.#ring.release();
      if (event !== null) return event;
    }
    return null;
  }

  close(): void {
    this.#ring.markGone();
  }

  #take(frame: Frame): InputEvent | null {
    switch (frame.kind) {
      case FRAME_DATA:
        return this.#takeBatch(frame);
      case FRAME_CHUNK:
        return this.#takeChunk(frame);
      case FRAME_SCHEMA:
        this.#takeSchema(frame);
        return null;
      case FRAME_WATERMARK:
        return { kind: "watermark", watermarkMs: frame.arg64 };
      case FRAME_STATUS:
        return { kind: "status", status: frame.arg32 === STREAM_STATUS_IDLE ? "idle" : "active" };
      case FRAME_BARRIER:
        return {
          kind: "barrier",
          checkpointId: frame.arg64,
          triggeredMs: frame.extra64,
          options: barrierOptions(frame.arg32),
        };
      case FRAME_END_OF_INPUT:
        return { kind: "end" };
      default:
        throw corrupt(`frame kind ${frame.kind}`);
    }
  }

  #takeBatch(frame: Frame): InputEvent {
    const ptr = this.#inbox.takeRoom(frame.payloadLength);
    this.#copy(frame, ptr);
    return this.#open(ptr, frame.payloadLength);
  }

  #takeChunk(frame: Frame): InputEvent | null {
    const total = Number(frame.arg64);
    this.#assembly ??= { block: this.#inbox.allocate(total), filled: 0 };
    const { block, filled } = this.#assembly;
    if (block.bytes !== total || filled + frame.payloadLength > total) {
      throw corrupt(`chunk of ${frame.payloadLength} at ${filled} of ${total} bytes`);
    }
    this.#copy(frame, block.ptr + filled);
    this.#assembly.filled += frame.payloadLength;
    if (frame.arg32 > 0) return null;
    this.#assembly = null;
    this.#inbox.adopt(block);
    return this.#open(block.ptr, total);
  }

  #copy(frame: Frame, ptr: number): void {
    copyBytes(this.#inbox.memory.u8, ptr, this.#payloadOf(frame));
  }

  #open(ptr: number, bytes: number): InputEvent {
    const view = this.#view;
    if (view === null || bytes < BATCH_HEADER_SIZE) throw corrupt("a batch without a type");
    const schemaId = this.#inbox.memory.u32[(ptr + BATCH_SCHEMA_ID) >>> 2];
    if (schemaId !== this.#schemaId) {
      throw corrupt(`schema ${schemaId}, announced was ${this.#schemaId}`);
    }
    this.batchBytes = bytes;
    // Both ends are this engine: a look at the bounds is enough.
    return { kind: "data", view: view.reopen(ptr, bytes, "bounds") };
  }

  #takeSchema(frame: Frame): void {
    this.#schemaText = Buffer.concat([this.#schemaText, this.#payloadOf(frame)]);
    if (this.#schemaText.length < Number(frame.arg64)) return;
    this.#view = this.#inbox.viewOf(this.#schemaText.toString("utf8"));
    this.#schemaId = frame.arg32;
    this.#schemaText = NO_TEXT;
  }

  #payloadOf({ payloadOffset, payloadLength }: Frame): Uint8Array {
    return this.#ring.bytes.subarray(payloadOffset, payloadOffset + payloadLength);
  }
}

function corrupt(message: string): EngineError {
  return new EngineError("MR_BATCH_CORRUPT", { message });
}
