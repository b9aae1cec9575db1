/** The thread of TickJitter: sleeps for 1 ms again and again and counts by how much too long it was. */
import { workerData } from "node:worker_threads";
import { TICK_STEP_MS, type TickData } from "../latency/tick-jitter.ts";

const { counts, words } = workerData as TickData;
const last = counts.length - 1;
for (;;) {
  const start = performance.now();
  Atomics.wait(words, 0, 0, 1);
  const lateMs = Math.max(0, performance.now() - start - 1);
  if (Atomics.load(words, 1) === 0) continue;
  const step = Math.min(last, Math.floor(lateMs / TICK_STEP_MS));
  counts[step] = (counts[step] ?? 0) + 1;
}
