/** One end of a ring on a thread of its own: frames whose lengths and bytes follow from a seed. */
import { parentPort, workerData } from "node:worker_threads";
import { FRAME_DATA, FRAME_WATERMARK } from "../../../../../dataplane/protocol/frame-layout.ts";
import { Doorbell } from "../../../../../dataplane/worker/exchange/doorbell.ts";
import { RingConsumer } from "../../../../../dataplane/worker/exchange/ring-consumer.ts";
import { RingProducer } from "../../../../../dataplane/worker/exchange/ring-producer.ts";
import { createPrng } from "../../../../../dataplane/worker/prng.ts";

export interface HammerOptions {
  readonly role: "producer" | "consumer";
  readonly ring: SharedArrayBuffer;
  /** Doorbell of the producer, then of the consumer. */
  readonly doorbells: SharedArrayBuffer;
  readonly frames: number;
  readonly seed: number;
}

export interface HammerResult {
  readonly checksum: number;
  readonly sleeps: number;
}

class End {
  readonly own: Doorbell;
  readonly peer: Doorbell;
  checksum = 0;
  sleeps = 0;

  constructor({ role, doorbells }: HammerOptions) {
    const offsets = role === "producer" ? [0, 64] : [64, 0];
    this.own = new Doorbell(doorbells, offsets[0] ?? 0);
    this.peer = new Doorbell(doorbells, offsets[1] ?? 0);
  }

  /** Sleeps as a mailbox loop does: announce, ask, look again. No timeout: a lost wake-up hangs. */
  async sleepUntil(isReady: () => boolean, ask: () => void): Promise<void> {
    while (!isReady()) {
      const prepared = this.own.prepareToSleep();
      ask();
      if (!isReady()) {
        this.sleeps += 1;
        await this.own.wait(prepared, Number.POSITIVE_INFINITY);
      }
      this.own.wakeUp();
    }
  }

  add(value: number): void {
    this.checksum = (Math.imul(this.checksum, 31) + value) | 0;
  }
}

/**
 * Bytes of frame `index`: mostly small, some as large as frames can be; every 16th is a control
 * frame.
 */
function* frameLengths({ frames, seed }: HammerOptions, maxPayload: number): Generator<number> {
  const { nextInt } = createPrng(seed);
  for (let index = 0; index < frames; index++) {
    if (index % 16 === 15) yield -1;
    else yield nextInt(8) === 0 ? nextInt(maxPayload + 1) : nextInt(300);
  }
}

async function produce(options: HammerOptions): Promise<End> {
  const end = new End(options);
  const ring = new RingProducer(options.ring, end.peer);
  let mark = 0;
  for (const length of frameLengths(options, ring.maxPayload)) {
    mark = (mark + 1) & 255;
    if (length < 0) {
      await end.sleepUntil(
        () => ring.hasControlRoom,
        () => ring.waitForRoom(0),
      );
      ring.writeControl(FRAME_WATERMARK, mark, BigInt(mark));
    } else {
      await end.sleepUntil(
        () => ring.hasRoomFor(length),
        () => ring.waitForRoom(length),
      );
      const offset = ring.reserve(length);
      ring.bytes.fill(mark, offset, offset + length);
      ring.commit(FRAME_DATA, length, mark);
    }
    end.add(length * 256 + mark);
  }
  return end;
}

async function consume(options: HammerOptions): Promise<End> {
  const end = new End(options);
  const ring = new RingConsumer(options.ring, end.peer);
  for (let index = 0; index < options.frames; index++) {
    await end.sleepUntil(
      () => ring.hasFrames,
      () => undefined,
    );
    const frame = ring.peek();
    if (frame === null) throw new Error("padding without a frame behind it");
    const { kind, payloadOffset, payloadLength, arg32 } = frame;
    for (let at = payloadOffset; at < payloadOffset + payloadLength; at++) {
      if (ring.bytes[at] !== arg32) throw new Error(`byte ${at - payloadOffset} of frame ${index}`);
    }
    end.add((kind === FRAME_WATERMARK ? -1 : payloadLength) * 256 + arg32);
    ring.release();
  }
  return end;
}

if (parentPort !== null) {
  const port = parentPort;
  const options = workerData as HammerOptions;
  // A thread that waits for a doorbell alone would end.
  port.on("message", () => undefined);
  const { checksum, sleeps } = await (options.role === "producer"
    ? produce(options)
    : consume(options));
  port.postMessage({ checksum, sleeps } satisfies HammerResult);
  port.close();
}
