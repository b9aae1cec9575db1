/** Runs what a job module exports: in the submitting process, and again in its workers. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { StreamExecutionEnvironment } from "./environment.ts";
import { isJobDefinition, runJobDefinition } from "./job-definition.ts";

/** Settled when the job has ended. Errors: MR_PROGRAM_NO_JOB and what the definition throws. */
export async function runExportedJob(exported: unknown, args: readonly string[]): Promise<void> {
  if (!isJobDefinition(exported))
    throw new EngineError("MR_PROGRAM_NO_JOB", { path: "the module" });
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  await runJobDefinition(exported, env, args);
}
