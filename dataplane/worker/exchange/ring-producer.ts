/**
 * Writing end of a ring (protocol/ring-layout.ts). One thread writes, one reads; frames become
 * visible with the tail.
 *
 * Invariants: only this object stores the tail; between reserve() and commit() nothing is visible;
 * data leaves RING_CONTROL_RESERVE bytes for control frames; frames never wrap.
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
  RING_CONTROL_RESERVE,
  RING_HEAD,
  RING_HEADER_SIZE,
  RING_PRODUCER_FAILED,
  RING_ROOM_WANTED,
  RING_TAIL,
} from "../../protocol/ring-layout.ts";
import { maxFrameBytesOf } from "../../protocol/ring-sizing.ts";
import type { Doorbell } from "./doorbell.ts";

export class RingProducer {
  /** The ring's memory; offsets answered by reserve() point into it. */
  readonly bytes: Uint8Array;
  readonly capacity: number;
  /** Largest payload a frame can have. */
  readonly maxPayload: number;
  readonly #words: Int32Array;
  readonly #longs: BigInt64Array;
  readonly #consumer: Doorbell | null;
  #tail: number;
  /** Head as last seen; the true one is never behind it. */
  #head: number;
  #pending = 0;
  #frame = 0;

  /** @param consumer doorbell of the reading thread; null = the same thread */
  constructor(ring: SharedArrayBuffer, consumer: Doorbell | null) {
    this.bytes = new Uint8Array(ring);
    this.#words = new Int32Array(ring);
    this.#longs = new BigInt64Array(ring);
    this.#consumer = consumer;
    this.capacity = this.#words[RING_CAPACITY / 4] as number;
    this.maxPayload = maxFrameBytesOf(this.capacity) - FRAME_HEADER_SIZE;
    this.#tail = Atomics.load(this.#words, RING_TAIL / 4);
    this.#head = Atomics.load(this.#words, RING_HEAD / 4);
  }

  /**
   * Room for a frame's payload; write it, then commit().
   *
   * @param payloadLength at most maxPayload
   * @returns offset of the payload in `bytes`, or -1: no room now
   */
  reserve(payloadLength: number): number {
    return this.#reserve(frameBytes(payloadLength), RING_CONTROL_RESERVE);
  }

  /** Publishes the reserved frame. */
  commit(kind: number, payloadLength: number, arg32 = 0, arg64 = 0n): void {
    this.#writeHeader(kind, payloadLength, arg32, arg64);
    this.#publish();
  }

  /** A frame without payload. @returns whether there was room */
  writeControl(kind: number, arg32 = 0, arg64 = 0n, extra64 = 0n): boolean {
    if (this.#reserve(FRAME_HEADER_SIZE, 0) < 0) return false;
    this.#writeHeader(kind, 0, arg32, arg64);
    this.#longs[(this.#frame + FRAME_EXTRA64) >>> 3] = extra64;
    this.#publish();
    return true;
  }

  /** Whether reserve(payloadLength) would find room. */
  hasRoomFor(payloadLength: number): boolean {
    return this.#bytesShort(frameBytes(payloadLength), RING_CONTROL_RESERVE) <= 0;
  }

  /** Whether a control frame would find room. */
  get hasControlRoom(): boolean {
    return this.#bytesShort(FRAME_HEADER_SIZE, 0) <= 0;
  }

  /**
   * Asks to be woken when a payload of this size fits. Announce sleep at the doorbell before and
   * look for room again afterwards: the consumer takes the wish back when it rings, and rings
   * sleepers only.
   */
  waitForRoom(payloadLength: number): void {
    const bytes = frameBytes(payloadLength);
    const wanted = bytes + this.#padBefore(bytes) + RING_CONTROL_RESERVE;
    // Half a ring at least, so that a slow consumer does not wake the producer for every frame.
    const room = Math.max(wanted, this.capacity >>> 1);
    Atomics.store(this.#words, RING_ROOM_WANTED / 4, room);
  }

  /** Says that this producer ends without an end of input. */
  fail(): void {
    Atomics.store(this.#words, RING_CLOSED / 4, RING_PRODUCER_FAILED);
    this.#consumer?.ring();
  }

  #reserve(bytes: number, reserve: number): number {
    if (this.#bytesShort(bytes, reserve) > 0) return -1;
    const pad = this.#padBefore(bytes);
    let frame = this.#place(this.#tail);
    if (pad > 0) {
      this.#words[(frame + FRAME_BYTE_LENGTH) >>> 2] = pad;
      this.#words[(frame + FRAME_KIND) >>> 2] = FRAME_PAD;
      frame = RING_HEADER_SIZE;
    }
    this.#pending = pad + bytes;
    this.#frame = frame;
    this.#words[(frame + FRAME_BYTE_LENGTH) >>> 2] = bytes;
    return frame + FRAME_HEADER_SIZE;
  }

  #bytesShort(bytes: number, reserve: number): number {
    const needed = bytes + this.#padBefore(bytes) + reserve;
    if (needed <= this.#free()) return 0;
    // Nobody reads any more: the task waits to be canceled.
    if (Atomics.load(this.#words, RING_CONSUMER_GONE / 4) !== 0) return needed;
    this.#head = Atomics.load(this.#words, RING_HEAD / 4);
    return needed - this.#free();
  }

  #free(): number {
    return this.capacity - ((this.#tail - this.#head) >>> 0);
  }

  /** Bytes to the end of the ring, if the frame does not fit there; else 0. */
  #padBefore(bytes: number): number {
    const toEnd = this.capacity - (this.#tail & (this.capacity - 1));
    return bytes > toEnd ? toEnd : 0;
  }

  #place(position: number): number {
    return RING_HEADER_SIZE + (position & (this.capacity - 1));
  }

  #writeHeader(kind: number, payloadLength: number, arg32: number, arg64: bigint): void {
    const word = this.#frame >>> 2;
    this.#words[word + FRAME_KIND / 4] = kind;
    this.#words[word + FRAME_PAYLOAD_LENGTH / 4] = payloadLength;
    this.#words[word + FRAME_ARG32 / 4] = arg32;
    this.#longs[(this.#frame + FRAME_ARG64) >>> 3] = arg64;
  }

  #publish(): void {
    this.#tail = (this.#tail + this.#pending) | 0;
    this.#pending = 0;
    Atomics.store(this.#words, RING_TAIL / 4, this.#tail);
    this.#consumer?.ring();
  }
}

function frameBytes(payloadLength: number): number {
  return FRAME_HEADER_SIZE + ((payloadLength + 63) & ~63);
}
