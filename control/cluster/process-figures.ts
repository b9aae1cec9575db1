/** What this process takes of the machine. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Clock } from "../common/clock.ts";
import type { ProcessFigures } from "./cluster.ts";

export const NO_FIGURES: ProcessFigures = {
  cpuLoad: 0,
  cpuTimeNs: 0,
  rssBytes: 0,
  heapUsedBytes: 0,
  heapTotalBytes: 0,
  heapLimitBytes: 0,
  externalBytes: 0,
  threads: 0,
  gcCount: 0,
  gcTimeMs: 0,
};

const NS_PER_US = 1000;
const US_PER_MS = 1000;

export class ProcessMeter {
  readonly #clock: Clock;
  readonly #observer: PerformanceObserver;
  #gcCount = 0;
  #gcTimeMs = 0;
  #last: { readonly atMs: number; readonly cpuUs: number };
  #cpuLoad = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#last = { atMs: clock.monotonic(), cpuUs: cpuUs() };
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#gcCount += 1;
        this.#gcTimeMs += duration;
      }
    });
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** The load is that since the last call. */
  figures(): ProcessFigures {
    const now = { atMs: this.#clock.monotonic(), cpuUs: cpuUs() };
    const elapsedUs = (now.atMs - this.#last.atMs) * US_PER_MS;
    if (elapsedUs > 0) {
      const load = (now.cpuUs - this.#last.cpuUs) / elapsedUs / availableParallelism();
      this.#cpuLoad = Math.min(1, Math.max(0, load));
      this.#last = now;
    }
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    return {
      cpuLoad: this.#cpuLoad,
      cpuTimeNs: now.cpuUs * NS_PER_US,
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      externalBytes: external,
      threads: threadsOf(),
      gcCount: this.#gcCount,
      gcTimeMs: Math.round(this.#gcTimeMs),
    };
  }

  close(): void {
    this.#observer.disconnect();
  }
}

/** Of several processes together. */
export function sumOf(figures: readonly ProcessFigures[]): ProcessFigures {
  const names = Object.keys(NO_FIGURES) as readonly (keyof ProcessFigures)[];
  return figures.reduce(
    (sum, one) =>
      Object.fromEntries(
        names.map((name) => [name, sum[name] + one[name]]),
      ) as unknown as ProcessFigures,
    NO_FIGURES,
  );
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function threadsOf(): number {
  try {
    const threads = /^Threads:\s+(\d+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return Number(threads ?? 1);
  } catch {
    // No Linux: the one that is known.
    return 1;
  }
}
