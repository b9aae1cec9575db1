/** How fast subtasks go: differences of their counters over the last seconds. */
import type { JobMetrics, SubtaskMetrics } from "../api/job-client.ts";
import { type SubtaskId, subtaskIdOf } from "../checkpoint/topology.ts";
import type { SubtaskRates } from "./cluster.ts";

const WINDOW_MS = 5_000;

interface Sample {
  readonly atMs: number;
  readonly metrics: ReadonlyMap<SubtaskId, SubtaskMetrics>;
}

export class RateWindow {
  #samples: readonly Sample[] = [];

  /** @param atMs monotonic */
  add(atMs: number, metrics: JobMetrics): ReadonlyMap<SubtaskId, SubtaskRates> {
    const newest: Sample = { atMs, metrics: bySubtask(metrics) };
    const recent = this.#samples.filter((sample) => atMs - sample.atMs <= WINDOW_MS);
    this.#samples = [...recent, newest];
    const [oldest = newest] = this.#samples;
    const seconds = (atMs - oldest.atMs) / 1000;
    if (seconds <= 0) return new Map();
    return new Map(
      [...newest.metrics].flatMap(([id, now]) => {
        const before = oldest.metrics.get(id);
        return before === undefined ? [] : [[id, ratesOf(before, now, seconds)]];
      }),
    );
  }
}

function bySubtask({ vertices }: JobMetrics): ReadonlyMap<SubtaskId, SubtaskMetrics> {
  return new Map(
    vertices.flatMap(({ id, subtasks }) =>
      subtasks.map((metrics, index) => [subtaskIdOf(id, index), metrics] as const),
    ),
  );
}

/** Counters of a subtask that was started again begin at 0. */
function ratesOf(before: SubtaskMetrics, now: SubtaskMetrics, seconds: number): SubtaskRates {
  const rate = (one: number, other: number): number => Math.max(0, other - one) / seconds;
  return {
    recordsInPerSecond: rate(before.numRecordsIn, now.numRecordsIn),
    recordsOutPerSecond: rate(before.numRecordsOut, now.numRecordsOut),
    bytesInPerSecond: rate(before.numBytesIn, now.numBytesIn),
    bytesOutPerSecond: rate(before.numBytesOut, now.numBytesOut),
    busyMsPerSecond: rate(before.accumulatedBusyTimeMs, now.accumulatedBusyTimeMs),
    idleMsPerSecond: rate(before.accumulatedIdleTimeMs, now.accumulatedIdleTimeMs),
    backPressuredMsPerSecond: rate(
      before.accumulatedBackPressuredTimeMs,
      now.accumulatedBackPressuredTimeMs,
    ),
  };
}
