/** Runs a job module of a benchmark that ends in a digest sink (accumulators "rows" and "digest"). */
import { type EngineOptions, submitJob } from "../control/index.ts";
import type { Measurement, Variant } from "./benchmark.ts";
import { answerText } from "./jobs/answer-sink.ts";

export interface JobRun {
  readonly name: string;
  readonly module: URL;
  readonly args: readonly string[];
  readonly workers: number;
  readonly engine: NonNullable<EngineOptions["engine"]>;
}

/** The clock runs from the start of all subtasks, with threads, bundle and kernels ready, to the end of the last. */
export function jobVariant({ name, module, args, workers, engine }: JobRun): Variant {
  return {
    name,
    isBaseline: false,
    async run(): Promise<Measurement> {
      const options = { parallelism: workers, slots: workers, engine };
      const client = await submitJob(module, { args, options });
      const cpuBefore = process.cpuUsage();
      const result = await client.getJobExecutionResult();
      const cpu = process.cpuUsage(cpuBefore);
      const rows = result.getAccumulatorResult<number>("rows") ?? 0;
      const digest = result.getAccumulatorResult<number>("digest") ?? 0;
      return {
        ms: result.getNetRuntime(),
        cpuSeconds: (cpu.user + cpu.system) / 1e6,
        answer: answerText(rows, digest),
      };
    },
  };
}
