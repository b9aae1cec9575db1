/** Runs job modules of benchmarks: timed, ending in a digest sink (accumulators "rows" and "digest"), or checked. */
import { type EngineOptions, submitJob } from "../control/index.ts";
import type { Measurement, Variant } from "./benchmark.ts";
import { answerText } from "./jobs/answer-sink.ts";
import { checksumText } from "./jobs/checksum.ts";

export interface JobRun {
  readonly name: string;
  readonly module: URL;
  readonly args: readonly string[];
  readonly workers: number;
  readonly engine: NonNullable<EngineOptions["engine"]>;
  /** What its accumulators say; unless given, rows and digest. */
  answerOf?(accumulator: (name: string) => number): string;
}

/** The clock runs from the start of all subtasks, with threads, bundle and kernels ready, to the end of the last. */
export function jobVariant(run: JobRun): Variant {
  const { name, module, args, workers, engine, answerOf = rowsAndDigest } = run;
  return {
    name,
    isBaseline: false,
    async run(): Promise<Measurement> {
      const options = { parallelism: workers, slots: workers, engine };
      const client = await submitJob(module, { args, options });
      const cpuBefore = process.cpuUsage();
      const result = await client.getJobExecutionResult();
      const cpu = process.cpuUsage(cpuBefore);
      return {
        ms: result.getNetRuntime(),
        cpuSeconds: (cpu.user + cpu.system) / 1e6,
        answer: answerOf((accumulator) => result.getAccumulatorResult<number>(accumulator) ?? 0),
      };
    },
  };
}

function rowsAndDigest(accumulator: (name: string) => number): string {
  return answerText(accumulator("rows"), accumulator("digest"));
}

/** Runs a job that ends in a ChecksumSink, on two workers; throws unless it gives the recorded checksum. */
export async function assertChecksum(
  name: string,
  module: URL,
  args: readonly string[],
  recorded: string,
): Promise<void> {
  const client = await submitJob(module, { args, options: { parallelism: 2, slots: 2 } });
  const result = await client.getJobExecutionResult();
  const checksum = checksumText((limb) => result.getAccumulatorResult<number>(limb) ?? 0);
  if (checksum !== recorded) throw new Error(`${name} gives ${checksum}, Flink gave ${recorded}`);
}
