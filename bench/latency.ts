/** Latency of window results at a fixed rate of events: how long behind the end of a window its rows come. */
import { type JobClient, type JobExecutionResult, submitJob } from "../control/index.ts";
import type { TableBenchmark, TableOptions, TableRow } from "./benchmark.ts";
import { checksumText } from "./jobs/checksum.ts";
import { expectedRows } from "./latency/expected-rows.ts";
import {
  createLatencyInput,
  eventTimeMs,
  type LatencyInput,
  latencyInput,
} from "./latency/latency-input.ts";
import { CpuMeter, type CpuUse } from "./latency/machine-cpu.ts";
import { monotonicMs } from "./latency/monotonic-ms.ts";
import { percentiles, type WeightedValue } from "./latency/percentiles.ts";
import { TickJitter } from "./latency/tick-jitter.ts";
import { ARRIVALS, type Arrival } from "./latency/window-rows-sink.ts";

const JOB = new URL("./jobs/latency-job.js", import.meta.url);
const RATES = [100_000, 500_000];
/** Threads, bundle and kernels are ready by then. */
const START_DELAY_MS = 1000;
const WARM_UP_SECONDS = 20;
const MEASURED_SECONDS = 15;
const FRACTIONS = [0.5, 0.99, 0.999, 1];

export const latency: TableBenchmark = {
  name: "latency",
  about: `Open model: event i is emitted when it is due and never waits for the job; 10,000 keys, counted per key in tumbling windows of 100 ms; a watermark behind the first event of each ms, buffer timeout 1 ms, one worker. Latency of a result row = time at the sink - end of its window on the clock of the events, so lateness of the driver counts. The first ${WARM_UP_SECONDS} s are left out, ${MEASURED_SECONDS} s are measured. tick: how late ticks of 1 ms were on a thread beside it. Figures are p50 / p99 / p99.9 / max in ms; rows and counts are held against the expected ones.`,
  notMeasured:
    "checkpoints; the clock of a row is that of its batch. Wall figures need a quiet machine: see foreign cores.",
  columns: [
    "case",
    "rows ms",
    "last row of window ms",
    "tick ms",
    "cores",
    "foreign cores",
    "worst driver lag ms",
    "equal",
  ],
  async *rows({ warmUpSeconds, seconds }: TableOptions) {
    const warmUpMs = (warmUpSeconds ?? WARM_UP_SECONDS) * 1000;
    const measuredMs = (seconds ?? MEASURED_SECONDS) * 1000;
    for (const rate of RATES) yield await runRate(rate, warmUpMs, measuredMs);
  },
};

/** Runs the job once. `measuredMs` follow on `warmUpMs`. */
export async function runRate(
  rate: number,
  warmUpMs: number,
  measuredMs: number,
): Promise<TableRow> {
  const input = createLatencyInput(Math.floor((rate * (warmUpMs + measuredMs)) / 1000));
  latencyInput.set(input);
  const ticks = new TickJitter();
  try {
    const startMs = monotonicMs() + START_DELAY_MS;
    const client = await submit([rate, startMs, warmUpMs]);
    const result = client.getJobExecutionResult();
    const cpu = await Promise.race([
      result.then(() => null),
      measureCpu(startMs + warmUpMs, measuredMs, ticks),
    ]);
    const tickValues = await ticks.stop();
    return toRow({ rate, input, warmUpMs, result: await result, cpu, ticks: tickValues });
  } finally {
    latencyInput.set(undefined);
    await ticks.stop();
  }
}

function submit(args: readonly number[]): Promise<JobClient> {
  const options = { parallelism: 1, slots: 1, bufferTimeoutMs: 1 };
  return submitJob(JOB, { args: args.map(String), options });
}

/** Of the measured part, less its last tenth: the end of the job is no part of it. */
async function measureCpu(fromMs: number, spanMs: number, ticks: TickJitter): Promise<CpuUse> {
  await sleepUntil(fromMs);
  const meter = new CpuMeter();
  ticks.startCounting();
  await sleepUntil(fromMs + spanMs * 0.9);
  return meter.read();
}

function sleepUntil(timeMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, timeMs - monotonicMs())));
}

interface Run {
  readonly rate: number;
  readonly input: LatencyInput;
  readonly warmUpMs: number;
  readonly result: JobExecutionResult;
  readonly cpu: CpuUse | null;
  readonly ticks: readonly WeightedValue[];
}

function toRow({ rate, input, warmUpMs, result, cpu, ticks }: Run): TableRow {
  const arrivals = result.getAccumulatorResult<readonly Arrival[]>(ARRIVALS) ?? [];
  const lastEventMs = eventTimeMs(input.keys.length - 1, rate);
  // The last window is closed by the end of input.
  const measured = arrivals.filter(
    ({ windowEndMs }) => windowEndMs > warmUpMs && windowEndMs <= lastEventMs,
  );
  const rowMs = percentiles(measured.map(byRows), FRACTIONS);
  const lastRowMs = percentiles(lastArrivals(measured), FRACTIONS);
  const tickMs = percentiles(ticks, FRACTIONS);
  const lagMs = input.worstLagMs[0] ?? Number.NaN;
  const isRight = isAsExpected(arrivals, result, input, rate);
  return {
    cells: [
      `${rate / 1000} K events/s`,
      text(rowMs),
      text(lastRowMs),
      text(tickMs),
      cpu?.cores.toFixed(2) ?? "-",
      cpu?.foreignCores?.toFixed(2) ?? "-",
      lagMs.toFixed(2),
      isRight ? "yes" : "NO",
    ],
    figures: { rate, rowMs, lastRowMs, tickMs, ...cpu, worstDriverLagMs: lagMs, equal: isRight },
    isRight,
  };
}

function byRows({ latencyMs, rows }: Arrival): WeightedValue {
  return { value: latencyMs, weight: rows };
}

function lastArrivals(arrivals: readonly Arrival[]): readonly WeightedValue[] {
  const last = new Map(arrivals.map(({ windowEndMs, latencyMs }) => [windowEndMs, latencyMs]));
  return [...last.values()].map((value) => ({ value, weight: 1 }));
}

function isAsExpected(
  arrivals: readonly Arrival[],
  result: JobExecutionResult,
  { keys }: LatencyInput,
  rate: number,
): boolean {
  const expected = expectedRows(keys, rate);
  const rows = arrivals.reduce((sum, arrival) => sum + arrival.rows, 0);
  const actual = checksumText((limb) => result.getAccumulatorResult<number>(limb) ?? 0);
  return rows === expected.rows && actual === checksumText(expected.limbOf);
}

function text(values: readonly number[]): string {
  return values.map((value) => value.toFixed(2)).join(" / ");
}
