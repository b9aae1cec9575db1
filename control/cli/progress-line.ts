/** One line on a terminal that says how a job goes; nothing where standard error is no terminal. */
import type { JobClient, JobMetrics } from "../api/job-client.ts";
import type { Clock } from "../common/clock.ts";
import { formatBytes, formatCount, formatDuration } from "./format.ts";

const INTERVAL_MS = 250;

export class ProgressLine {
  readonly #stop: () => void;
  readonly #isTerminal: boolean;

  constructor(client: JobClient, clock: Clock) {
    this.#isTerminal = process.stderr.isTTY === true;
    const startMs = clock.monotonic();
    let last = { atMs: startMs, rows: 0 };
    this.#stop = !this.#isTerminal
      ? () => undefined
      : clock.every(INTERVAL_MS, () => {
          void client.metrics().then((metrics) => {
            const nowMs = clock.monotonic();
            const { rows, bytes } = totals(metrics);
            const rate = ((rows - last.rows) * 1000) / Math.max(1, nowMs - last.atMs);
            last = { atMs: nowMs, rows };
            const parts = [
              client.getJobName(),
              `${formatCount(rows)} rows`,
              `${formatCount(rate)} rows/s`,
              formatBytes(bytes),
              formatDuration(nowMs - startMs),
            ];
            process.stderr.write(`\r${parts.join("  ")}\x1b[K`);
          });
        });
  }

  dispose(): void {
    this.#stop();
    if (this.#isTerminal) process.stderr.write("\r\x1b[K");
  }
}

/** Records and bytes that went through all tasks so far. */
function totals(metrics: JobMetrics): { rows: number; bytes: number } {
  let rows = 0;
  let bytes = 0;
  for (const { subtasks } of metrics.vertices) {
    for (const subtask of subtasks) {
      rows += subtask.numRecordsIn;
      bytes += subtask.numBytesIn;
    }
  }
  return { rows, bytes };
}
