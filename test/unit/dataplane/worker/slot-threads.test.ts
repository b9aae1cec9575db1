import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { SlotReport } from "../../../../dataplane/protocol/messages.ts";
import { namedJobs, type SlotThreadData } from "./slot-thread.ts";
import { deployTestJob, type TestJobOptions } from "./test-job.ts";

type Message = SlotReport | { readonly kind: "balance"; readonly bytes: number };

/** Two slots on two threads, and what they said. */
class ThreadedJob {
  readonly messages: Message[] = [];
  readonly exits: readonly Promise<number>[];
  readonly #ports: MessagePort[] = [];
  readonly #workers: Worker[] = [];
  readonly #listeners: (() => void)[] = [];

  constructor(name: SlotThreadData["name"], options: Partial<TestJobOptions> = {}) {
    for (const deployment of deployTestJob(namedJobs[name], { slots: 2, ...options })) {
      const { port1, port2 } = new MessageChannel();
      port1.on("message", (message: Message) => {
        this.messages.push(message);
        for (const listener of this.#listeners) listener();
      });
      this.#ports.push(port1);
      const workerData: SlotThreadData = { name, deployment, port: port2 };
      const entry = new URL("slot-thread.js", import.meta.url);
      this.#workers.push(new Worker(entry, { workerData, transferList: [port2] }));
    }
    this.exits = this.#workers.map(async (worker) => {
      const [code] = (await once(worker, "exit")) as [number];
      return code;
    });
  }

  send(command: "start" | "cancel"): void {
    for (const port of this.#ports) {
      port.postMessage({ kind: command, subtasks: null });
      port.postMessage({ kind: "close" });
    }
  }

  async until(kind: Message["kind"], count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.messages.filter((message) => message.kind === kind).length >= count) resolve();
      };
      this.#listeners.push(look);
      look();
    });
  }
}

/** Both slots say so, though perhaps after their threads are gone. */
async function assertAllGivenBack(job: ThreadedJob): Promise<void> {
  await job.until("balance", 2);
  const balances = job.messages.filter((message) => message.kind === "balance");
  assert.deepEqual(balances, [
    { kind: "balance", bytes: 0 },
    { kind: "balance", bytes: 0 },
  ]);
}

const runs: readonly (readonly [SlotThreadData["name"], number, Partial<TestJobOptions>])[] = [
  ["busy", 20_000, {}],
  ["busy", 20_000, { ringCapacity: 1 << 20 }],
  ["trickling", 500, { bufferTimeoutMs: 0 }],
  ["trickling", 500, { bufferTimeoutMs: 5 }],
];

for (const [name, count, options] of runs) {
  test(`a ${name} job over two threads gets all rows across and ends (${JSON.stringify(options)})`, async () => {
    const job = new ThreadedJob(name, options);
    await job.until("ready", 2);
    job.send("start");
    assert.deepEqual(await Promise.all(job.exits), [0, 0]);
    // Its last words, behind all else it said.
    await assertAllGivenBack(job);
    const sums = job.messages.flatMap((message) =>
      message.kind === "printed"
        ? [JSON.parse(message.text) as { count: number; sum: number }]
        : [],
    );
    const rows = count * 10;
    assert.equal(
      sums.reduce((all, own) => all + own.count, 0),
      2 * rows,
    );
    assert.equal(
      sums.reduce((all, own) => all + own.sum, 0),
      rows * (rows - 1),
    );
  });
}

test("a job that never ends is canceled within milliseconds and leaves its threads to end by themselves", async () => {
  const job = new ThreadedJob("endless");
  await job.until("ready", 2);
  job.send("start");
  await job.until("running", 6);
  const startMs = performance.now();
  job.send("cancel");
  await job.until("canceled", 6);
  const tookMs = performance.now() - startMs;
  assert.deepEqual(await Promise.all(job.exits), [0, 0]);
  await assertAllGivenBack(job);
  assert.ok(tookMs < 1000, `${tookMs} ms`);
});

test("when a thread dies the other one sleeps until it is canceled, and ends then", async () => {
  const job = new ThreadedJob("deadly");
  await job.until("ready", 2);
  job.send("start");
  assert.equal(await job.exits[1], 3);
  job.send("cancel");
  assert.equal(await job.exits[0], 0);
});
