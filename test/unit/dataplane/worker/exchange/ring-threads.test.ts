import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { DOORBELL_SIZE, RING_MIN_CAPACITY } from "../../../../../dataplane/protocol/ring-layout.ts";
import { createRing } from "../../../../../dataplane/protocol/ring-sizing.ts";
import type { HammerOptions, HammerResult } from "./ring-hammer-thread.ts";

function runEnd(options: HammerOptions): Promise<HammerResult> {
  const worker = new Worker(new URL("ring-hammer-thread.js", import.meta.url), {
    workerData: options,
  });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`ended with ${code} before its result`)));
  });
}

for (const seed of [1, 2, 3]) {
  test(`two threads that sleep at every full or empty ring pass all frames on intact (seed ${seed})`, async () => {
    const ring = createRing(RING_MIN_CAPACITY);
    const doorbells = new SharedArrayBuffer(2 * DOORBELL_SIZE);
    const options = { ring, doorbells, frames: 20_000, seed };
    const [producer, consumer] = await Promise.all([
      runEnd({ ...options, role: "producer" }),
      runEnd({ ...options, role: "consumer" }),
    ]);
    assert.equal(consumer.checksum, producer.checksum);
    assert.ok(producer.sleeps > 0 && consumer.sleeps > 0, "both ends had to wait");
  });
}
