/**
 * Reading end of a ring (protocol/ring-layout.ts).
 *
 * Invariants: only this object stores the head; a frame that peek() answered stays where it is
 * until release().
 */
import {
  FRAME_ARG32,
  FRAME_ARG64,
  FRAME_BYTE_LENGTH,
  FRAME_EXTRA64,
  FRAME_HEADER_SIZE,
  FRAME_KIND,
  FRAME_PAD,
  FRAME_PAYLOAD_LENGTH,
} from "../../protocol/frame-layout.ts";
import {
  RING_CAPACITY,
  RING_CLOSED,
  RING_CONSUMER_GONE,
  RING_HEAD,
  RING_HEADER_SIZE,
  RING_OPEN,
  RING_ROOM_WANTED,
  RING_TAIL,
} from "../../protocol/ring-layout.ts";
import type { Doorbell } from "./doorbell.ts";

/** A frame in the ring. One object per consumer, valid until release(). */
export interface Frame {
  readonly kind: number;
  /** In `bytes` of the consumer. */
  readonly payloadOffset: number;
  readonly payloadLength: number;
  readonly arg32: number;
  readonly arg64: bigint;
  readonly extra64: bigint;
}

class RingFrame implements Frame {
  kind = FRAME_PAD;
  payloadOffset = 0;
  payloadLength = 0;
  arg32 = 0;
  readonly #longs: BigInt64Array;

  constructor(longs: BigInt64Array) {
    this.#longs = longs;
  }

  get arg64(): bigint {
    return this.#longs[(this.payloadOffset - FRAME_HEADER_SIZE + FRAME_ARG64) >>> 3] as bigint;
  }

  get extra64(): bigint {
    return this.#longs[(this.payloadOffset - FRAME_HEADER_SIZE + FRAME_EXTRA64) >>> 3] as bigint;
  }
}

export class RingConsumer {
  readonly bytes: Uint8Array;
  readonly capacity: number;
  readonly #words: Int32Array;
  readonly #frame: RingFrame;
  readonly #producer: Doorbell | null;
  #head: number;
  /** Tail as last seen; the true one is never behind it. */
  #tail: number;
  /** Length of the frame that is being looked at; 0 = none. */
  #frameBytes = 0;

  /** @param producer doorbell of the writing thread; null = the same thread */
  constructor(ring: SharedArrayBuffer, producer: Doorbell | null) {
    this.bytes = new Uint8Array(ring);
    this.#words = new Int32Array(ring);
    this.#frame = new RingFrame(new BigInt64Array(ring));
    this.#producer = producer;
    this.capacity = this.#words[RING_CAPACITY / 4] as number;
    this.#head = Atomics.load(this.#words, RING_HEAD / 4);
    this.#tail = Atomics.load(this.#words, RING_TAIL / 4);
  }

  get hasFrames(): boolean {
    if (this.#head !== this.#tail) return true;
    this.#tail = Atomics.load(this.#words, RING_TAIL / 4);
    return this.#head !== this.#tail;
  }

  /** The oldest frame, or null. The same until release(). */
  peek(): Frame | null {
    while (this.hasFrames) {
      const at = RING_HEADER_SIZE + (this.#head & (this.capacity - 1));
      const word = at >>> 2;
      this.#frameBytes = this.#words[word + FRAME_BYTE_LENGTH / 4] as number;
      const kind = this.#words[word + FRAME_KIND / 4] as number;
      if (kind !== FRAME_PAD) {
        this.#frame.kind = kind;
        this.#frame.payloadOffset = at + FRAME_HEADER_SIZE;
        this.#frame.payloadLength = this.#words[word + FRAME_PAYLOAD_LENGTH / 4] as number;
        this.#frame.arg32 = this.#words[word + FRAME_ARG32 / 4] as number;
        return this.#frame;
      }
      this.release();
    }
    return null;
  }

  /** Gives the room of the frame that peek() answered back to the producer. */
  release(): void {
    if (this.#frameBytes === 0) throw new TypeError("release() without a frame");
    this.#head = (this.#head + this.#frameBytes) | 0;
    this.#frameBytes = 0;
    Atomics.store(this.#words, RING_HEAD / 4, this.#head);
    // Read after the head is stored, or a wish made in between is missed.
    const wanted = Atomics.load(this.#words, RING_ROOM_WANTED / 4);
    if (wanted !== 0) this.#announceRoom(wanted);
  }

  /** The producer ended without an end of input. Frames it wrote before may still be there. */
  get isProducerGone(): boolean {
    return Atomics.load(this.#words, RING_CLOSED / 4) !== RING_OPEN;
  }

  /** Says that nobody reads any more. */
  markGone(): void {
    Atomics.store(this.#words, RING_CONSUMER_GONE / 4, 1);
    this.#producer?.ring();
  }

  #announceRoom(wanted: number): void {
    this.#tail = Atomics.load(this.#words, RING_TAIL / 4);
    const free = this.capacity - ((this.#tail - this.#head) >>> 0);
    if (free < wanted) return;
    Atomics.store(this.#words, RING_ROOM_WANTED / 4, 0);
    this.#producer?.ring();
  }
}
