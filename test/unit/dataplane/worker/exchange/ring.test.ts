import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  FRAME_CHUNK,
  FRAME_DATA,
  FRAME_END_OF_INPUT,
  FRAME_HEADER_SIZE,
  FRAME_WATERMARK,
} from "../../../../../dataplane/protocol/frame-layout.ts";
import {
  RING_CONTROL_RESERVE,
  RING_HEAD,
  RING_MIN_CAPACITY,
  RING_TAIL,
} from "../../../../../dataplane/protocol/ring-layout.ts";
import { createRing, maxFrameBytesOf } from "../../../../../dataplane/protocol/ring-sizing.ts";
import { Doorbell } from "../../../../../dataplane/worker/exchange/doorbell.ts";
import { RingConsumer } from "../../../../../dataplane/worker/exchange/ring-consumer.ts";
import { RingProducer } from "../../../../../dataplane/worker/exchange/ring-producer.ts";

const CAPACITY = RING_MIN_CAPACITY;
const MAX_PAYLOAD = maxFrameBytesOf(CAPACITY) - FRAME_HEADER_SIZE;

interface Ends {
  readonly producer: RingProducer;
  readonly consumer: RingConsumer;
}

/** Both ends of an empty ring whose positions start at `position`. */
function createEnds(position = 0): Ends {
  const ring = createRing(CAPACITY);
  const words = new Int32Array(ring);
  words[RING_TAIL / 4] = position;
  words[RING_HEAD / 4] = position;
  return { producer: new RingProducer(ring, null), consumer: new RingConsumer(ring, null) };
}

function writeData({ producer }: Ends, payloadLength: number, mark: number): boolean {
  const offset = producer.reserve(payloadLength);
  if (offset < 0) return false;
  producer.bytes.fill(mark, offset, offset + payloadLength);
  producer.commit(FRAME_DATA, payloadLength, mark, BigInt(mark) * -3n);
  return true;
}

function readData({ consumer }: Ends): { readonly length: number; readonly mark: number } | null {
  const frame = consumer.peek();
  if (frame === null) return null;
  const { payloadOffset, payloadLength, arg32 } = frame;
  const payload = consumer.bytes.subarray(payloadOffset, payloadOffset + payloadLength);
  assert.ok(payload.every((byte) => byte === (arg32 & 255)));
  assert.equal(frame.arg64, BigInt(arg32) * -3n);
  consumer.release();
  return { length: payloadLength, mark: arg32 };
}

test("an empty ring has no frames", () => {
  const { consumer } = createEnds();
  assert.equal(consumer.hasFrames, false);
  assert.equal(consumer.peek(), null);
  assert.throws(() => consumer.release(), TypeError);
});

test("a reserved frame is not seen before it is committed", () => {
  const ends = createEnds();
  assert.ok(ends.producer.reserve(100) > 0);
  assert.equal(ends.consumer.peek(), null);
  ends.producer.commit(FRAME_DATA, 100);
  assert.equal(ends.consumer.peek()?.payloadLength, 100);
});

test("peek answers the same frame until it is released", () => {
  const ends = createEnds();
  writeData(ends, 10, 1);
  writeData(ends, 20, 2);
  assert.equal(ends.consumer.peek()?.payloadLength, 10);
  assert.equal(ends.consumer.peek()?.payloadLength, 10);
  ends.consumer.release();
  assert.equal(ends.consumer.peek()?.payloadLength, 20);
});

test("a full ring refuses data and takes it when a frame was released", () => {
  const ends = createEnds();
  let written = 0;
  while (writeData(ends, 960, written)) written += 1;
  assert.equal(written, (CAPACITY - RING_CONTROL_RESERVE) / 1024);
  assert.equal(ends.producer.hasRoomFor(960), false);
  assert.equal(writeData(ends, 960, written), false);
  assert.deepEqual(readData(ends), { length: 960, mark: 0 });
  assert.equal(ends.producer.hasRoomFor(960), true);
  assert.equal(writeData(ends, 960, written), true);
  for (let mark = 1; mark <= written; mark++) assert.equal(readData(ends)?.mark, mark);
  assert.equal(readData(ends), null);
});

test("control frames have room when data has none", () => {
  const ends = createEnds();
  while (writeData(ends, 960, 7));
  const controls = RING_CONTROL_RESERVE / FRAME_HEADER_SIZE;
  for (let index = 0; index < controls; index++) {
    assert.equal(ends.producer.writeControl(FRAME_WATERMARK, 0, BigInt(index), 5n), true);
  }
  assert.equal(ends.producer.hasControlRoom, false);
  assert.equal(ends.producer.writeControl(FRAME_END_OF_INPUT), false);
  while (ends.consumer.peek()?.kind === FRAME_DATA) ends.consumer.release();
  for (let index = 0; index < controls; index++) {
    const frame = ends.consumer.peek();
    assert.deepEqual(
      [frame?.kind, frame?.arg64, frame?.extra64],
      [FRAME_WATERMARK, BigInt(index), 5n],
    );
    ends.consumer.release();
  }
});

test("a frame that ends exactly at the end of the ring is followed by one at its start", () => {
  const ends = createEnds();
  const payload = CAPACITY / 4 - FRAME_HEADER_SIZE;
  for (let mark = 0; mark < 12; mark++) {
    assert.equal(
      ends.producer.reserve(payload),
      192 + FRAME_HEADER_SIZE + (mark % 4) * (CAPACITY / 4),
    );
    assert.ok(writeData(ends, payload, mark));
    assert.equal(readData(ends)?.mark, mark);
  }
});

test("a frame that does not fit before the end of the ring starts at the beginning, behind padding", () => {
  const ends = createEnds();
  for (const mark of [1, 2]) assert.ok(writeData(ends, MAX_PAYLOAD, mark));
  assert.equal(ends.producer.hasRoomFor(MAX_PAYLOAD), false);
  assert.equal(readData(ends)?.mark, 1);
  // 1 KiB is left at the end: the frame needs that as padding and the place of the first frame.
  assert.equal(ends.producer.reserve(MAX_PAYLOAD - 1024), 192 + FRAME_HEADER_SIZE);
  assert.ok(writeData(ends, MAX_PAYLOAD - 1024, 3));
  assert.equal(readData(ends)?.mark, 2);
  assert.equal(readData(ends)?.mark, 3);
  assert.equal(ends.consumer.peek(), null);
});

test("the largest frame fits an empty ring wherever its head is", () => {
  for (let position = 0; position < CAPACITY; position += 64) {
    const ends = createEnds(position);
    assert.ok(writeData(ends, MAX_PAYLOAD, 9), `at ${position}`);
    assert.equal(readData(ends)?.length, MAX_PAYLOAD);
  }
});

test("positions pass 2^31 and 2^32 without a gap", () => {
  for (const start of [2 ** 31 - 8192, -8192]) {
    const ends = createEnds(start | 0);
    for (let mark = 0; mark < 64; mark++) {
      assert.ok(writeData(ends, 1000 + mark * 64, mark));
      assert.equal(readData(ends)?.mark, mark);
    }
  }
});

test("room that was asked for rings the sleeping producer once there is enough, and once only", () => {
  const ring = createRing(CAPACITY);
  const bells = new SharedArrayBuffer(64);
  const words = new Int32Array(bells);
  const bell = new Doorbell(bells, 0);
  const ends = { producer: new RingProducer(ring, null), consumer: new RingConsumer(ring, bell) };
  while (writeData(ends, 960, 1));
  const before = bell.prepareToSleep();
  ends.producer.waitForRoom(960);
  let released = 0;
  while (words[0] === before) {
    readData(ends);
    released += 1;
  }
  assert.equal(released, CAPACITY / 2 / 1024 - 1, "rings when half the ring is free");
  while (readData(ends) !== null);
  assert.equal(words[0], before + 1);
});

test("a doorbell nobody sleeps at is not touched", () => {
  const bells = new SharedArrayBuffer(64);
  const bell = new Doorbell(bells, 0);
  bell.ring();
  assert.equal(new Int32Array(bells)[0], 0);
  bell.prepareToSleep();
  bell.ring();
  assert.equal(new Int32Array(bells)[0], 1);
  bell.wakeUp();
  bell.ring();
  assert.equal(new Int32Array(bells)[0], 1);
});

test("a ring between prepareToSleep and wait does not get lost", async () => {
  const bell = new Doorbell(new SharedArrayBuffer(64), 0);
  const prepared = bell.prepareToSleep();
  bell.ring();
  await bell.wait(prepared, Number.POSITIVE_INFINITY);
});

test("a producer that fails leaves its frames and says so", () => {
  const ends = createEnds();
  writeData(ends, 64, 1);
  assert.equal(ends.consumer.isProducerGone, false);
  ends.producer.fail();
  assert.equal(ends.consumer.isProducerGone, true);
  assert.equal(readData(ends)?.mark, 1);
});

test("a ring whose consumer is gone gets no more room, whatever was released before", () => {
  const ends = createEnds();
  while (writeData(ends, 960, 1));
  while (readData(ends) !== null);
  ends.consumer.markGone();
  assert.equal(writeData(ends, 960, 2), false);
  assert.equal(ends.producer.hasRoomFor(960), false);
});

test("a capacity that is no power of two within the limits is refused", () => {
  for (const capacity of [0, 8192, 20_000, 2 ** 23]) assert.throws(() => createRing(capacity));
});

type Action =
  | { readonly kind: "write"; readonly payloadLength: number }
  | { readonly kind: "control"; readonly value: bigint }
  | { readonly kind: "read"; readonly count: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), payloadLength: fc.nat(MAX_PAYLOAD) }),
  fc.record({
    kind: fc.constant("control" as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({ kind: fc.constant("read" as const), count: fc.nat(6) }),
);

test("a ring is a queue: every frame comes out once, in order, as it went in", () => {
  const position = fc.integer({ min: -(2 ** 25), max: 2 ** 25 }).map((value) => value * 64);
  fc.assert(
    fc.property(position, fc.array(action, { maxLength: 80 }), (start, actions) => {
      const ends = createEnds(start);
      const expected: (readonly [number, number, bigint, number])[] = [];
      let used = 0;
      actions.forEach((step, mark) => {
        if (step.kind === "write") {
          const offset = ends.producer.reserve(step.payloadLength);
          if (offset < 0) {
            assert.ok(used > 0, "an empty ring takes any frame");
            return;
          }
          ends.producer.bytes.fill(mark, offset, offset + step.payloadLength);
          ends.producer.commit(FRAME_CHUNK, step.payloadLength, mark, 1n);
          expected.push([FRAME_CHUNK, step.payloadLength, 1n, mark]);
        } else if (step.kind === "control") {
          if (!ends.producer.writeControl(FRAME_WATERMARK, mark, step.value)) return;
          expected.push([FRAME_WATERMARK, 0, step.value, mark]);
        } else {
          for (let read = 0; read < step.count; read++) takeOne(ends, expected);
        }
        used = expected.length;
      });
      while (expected.length > 0) takeOne(ends, expected);
      assert.equal(ends.consumer.peek(), null);
    }),
    { numRuns: 500, seed: 20240611 },
  );
});

function takeOne(
  { consumer }: Ends,
  expected: (readonly [number, number, bigint, number])[],
): void {
  const frame = consumer.peek();
  const wanted = expected.shift();
  if (frame === null || wanted === undefined) {
    assert.equal(frame, null);
    assert.equal(wanted, undefined);
    return;
  }
  const { kind, payloadLength, arg64, arg32, payloadOffset } = frame;
  assert.deepEqual([kind, payloadLength, arg64, arg32], wanted);
  const payload = consumer.bytes.subarray(payloadOffset, payloadOffset + payloadLength);
  assert.ok(payload.every((byte) => byte === arg32));
  consumer.release();
}
