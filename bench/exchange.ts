/** Moving batches from one worker to another: our byte ring against transferred ArrayBuffers. */
import { once } from "node:events";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { DOORBELL_SIZE } from "../dataplane/protocol/ring-layout.ts";
import { createRing } from "../dataplane/protocol/ring-sizing.ts";
import { type Benchmark, type Case, type Measurement, measure } from "./benchmark.ts";
import type { ExchangeTask } from "./workers/exchange-worker.ts";

const RING_BYTES = 4_194_304;
const WORKER = new URL("./workers/exchange-worker.js", import.meta.url);

export const exchange: Benchmark = {
  name: "exchange",
  about:
    "Bytes per second between two workers: written into a ring, copied out by the reader. postmessage: ArrayBuffers transferred and sent back, 32 under way.",
  notMeasured: "making and reading the rows in the frames; thread start.",
  async *cases(rows) {
    yield exchangeCase("64 KiB frames", 65_536, rows ?? 100_000);
    yield exchangeCase("4 KiB frames", 4_096, rows ?? 200_000);
  },
};

function exchangeCase(name: string, frameBytes: number, frames: number): Case {
  const run = (mechanism: ExchangeTask["mechanism"]) => () =>
    runPair(mechanism, frameBytes, frames);
  return {
    name,
    rows: frameBytes * frames,
    unit: "bytes",
    repeats: 5,
    variants: [
      { name: "ring", isBaseline: false, run: run("ring") },
      { name: "postmessage", isBaseline: true, run: run("transfer") },
    ],
  };
}

async function runPair(
  mechanism: ExchangeTask["mechanism"],
  frameBytes: number,
  frames: number,
): Promise<Measurement> {
  const shared = {
    mechanism,
    ring: createRing(RING_BYTES),
    doorbells: new SharedArrayBuffer(2 * DOORBELL_SIZE),
    frames,
    frameBytes,
  };
  const peers = new MessageChannel();
  const sender = start({
    ...shared,
    role: "send",
    peer: peers.port1,
    ownDoorbell: 0,
    peerDoorbell: DOORBELL_SIZE,
  });
  const receiver = start({
    ...shared,
    role: "receive",
    peer: peers.port2,
    ownDoorbell: DOORBELL_SIZE,
    peerDoorbell: 0,
  });
  await Promise.all([once(sender, "message"), once(receiver, "message")]);
  return measure(async () => {
    const sent = once(sender, "message");
    const received = once(receiver, "message");
    sender.postMessage("go");
    receiver.postMessage("go");
    const [[sum]] = await Promise.all([received, sent]);
    return String(sum);
  });
}

function start(task: Omit<ExchangeTask, "master">): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const workerData: ExchangeTask = { ...task, master: port2 };
  const worker = new Worker(WORKER, { workerData, transferList: [port2, task.peer] });
  worker.on("error", (error) => port1.emit("error", error));
  return port1;
}
