/** One end of the exchange benchmark: sends or receives frames through a ring, or by transferred buffers. */
import { type MessagePort, workerData } from "node:worker_threads";
import { copyBytes } from "../../dataplane/memory/copy-bytes.ts";
import { FRAME_DATA } from "../../dataplane/protocol/frame-layout.ts";
import { Doorbell } from "../../dataplane/worker/exchange/doorbell.ts";
import { RingConsumer } from "../../dataplane/worker/exchange/ring-consumer.ts";
import { RingProducer } from "../../dataplane/worker/exchange/ring-producer.ts";

export interface ExchangeTask {
  readonly role: "send" | "receive";
  readonly mechanism: "ring" | "transfer";
  readonly ring: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  readonly ownDoorbell: number;
  readonly peerDoorbell: number;
  readonly frames: number;
  readonly frameBytes: number;
  readonly peer: MessagePort;
  readonly master: MessagePort;
}

const SPINS = 2_000;
const task = workerData as ExchangeTask;

/** Sum of the first word of every frame: each frame must arrive once. */
async function receiveByRing(): Promise<number> {
  const own = new Doorbell(task.doorbells, task.ownDoorbell);
  const consumer = new RingConsumer(task.ring, new Doorbell(task.doorbells, task.peerDoorbell));
  const target = new Uint8Array(task.frameBytes);
  const words = new Int32Array(target.buffer);
  let sum = 0;
  for (let received = 0; received < task.frames; ) {
    const frame = consumer.peek();
    if (frame === null) {
      await sleepUntil(own, () => consumer.hasFrames);
      continue;
    }
    const { payloadOffset, payloadLength } = frame;
    copyBytes(target, 0, consumer.bytes.subarray(payloadOffset, payloadOffset + payloadLength));
    consumer.release();
    sum = (sum + (words[0] ?? 0)) | 0;
    received += 1;
  }
  return sum;
}

async function sendByRing(): Promise<void> {
  const own = new Doorbell(task.doorbells, task.ownDoorbell);
  const producer = new RingProducer(task.ring, new Doorbell(task.doorbells, task.peerDoorbell));
  const source = new Uint8Array(task.frameBytes);
  const words = new Int32Array(source.buffer);
  for (let sent = 0; sent < task.frames; ) {
    const offset = producer.reserve(task.frameBytes);
    if (offset < 0) {
      producer.waitForRoom(task.frameBytes);
      await sleepUntil(own, () => producer.hasRoomFor(task.frameBytes));
      continue;
    }
    words[0] = sent;
    copyBytes(producer.bytes, offset, source);
    producer.commit(FRAME_DATA, task.frameBytes);
    sent += 1;
  }
}

async function sleepUntil(own: Doorbell, ready: () => boolean): Promise<void> {
  for (let spin = 0; spin < SPINS; spin++) if (ready()) return;
  const prepared = own.prepareToSleep();
  if (!ready()) await own.wait(prepared, 1_000);
  own.wakeUp();
}

/** A window of buffers goes back and forth, as a pool of them would. */
function receiveTransfers(): Promise<number> {
  return new Promise((resolve) => {
    let sum = 0;
    let received = 0;
    task.peer.on("message", (buffer: ArrayBuffer) => {
      sum = (sum + (new Int32Array(buffer)[0] ?? 0)) | 0;
      received += 1;
      task.peer.postMessage(buffer, [buffer]);
      if (received === task.frames) resolve(sum);
    });
  });
}

function sendTransfers(): Promise<void> {
  return new Promise((resolve) => {
    const source = new Uint8Array(task.frameBytes);
    const words = new Int32Array(source.buffer);
    let sent = 0;
    let returned = 0;
    const send = (buffer: ArrayBuffer): void => {
      words[0] = sent;
      new Uint8Array(buffer).set(source);
      sent += 1;
      task.peer.postMessage(buffer, [buffer]);
    };
    task.peer.on("message", (buffer: ArrayBuffer) => {
      returned += 1;
      if (sent < task.frames) send(buffer);
      if (returned === task.frames) resolve();
    });
    for (let i = 0; i < 32 && sent < task.frames; i++) send(new ArrayBuffer(task.frameBytes));
  });
}

async function run(): Promise<void> {
  const byRing = task.mechanism === "ring";
  if (task.role === "send") {
    await (byRing ? sendByRing() : sendTransfers());
    task.master.postMessage("sent");
  } else {
    task.master.postMessage(await (byRing ? receiveByRing() : receiveTransfers()));
  }
  task.peer.close();
  task.master.close();
}

task.master.on("message", () => void run());
task.master.postMessage("ready");
