/** What streams need of their environment; the environment implements it. */
import type { StreamGraphBuilder } from "../plan/stream-graph-builder.ts";
import type { JobClient } from "./job-client.ts";
import type { TimeCharacteristic } from "./time.ts";

export interface CollectingJob {
  readonly client: JobClient;
  readonly operatorId: string;
}

export interface StreamContext {
  /** What timeWindow() goes by. */
  getStreamTimeCharacteristic(): TimeCharacteristic;
  readonly graph: StreamGraphBuilder;
  /** Parallelism of operators defined now. */
  getParallelism(): number;
  /** Executes what is defined; the last collect sink is the one asked for. */
  executeCollecting(jobName?: string): Promise<CollectingJob>;
}
