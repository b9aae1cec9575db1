/** Runs programs in this process. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { ClusterClient, ProgramRequest } from "../api/cluster-client.ts";
import type { JobClient } from "../api/job-client.ts";
import type { JobSubmitter } from "../api/job-submitter.ts";
import { type Explanation, explainGraph } from "../plan/explanation.ts";
import { emitModules } from "./emit-modules.ts";
import { loadProgram, planProgram } from "./load-program.ts";
import { LocalJobSubmitter } from "./local-submitter.ts";

const SOURCE = "the command line";

export class LocalClusterClient implements ClusterClient {
  async runProgram(request: ProgramRequest, submitted: (client: JobClient) => void): Promise<void> {
    const jobs: Promise<unknown>[] = [];
    const local = new LocalJobSubmitter();
    const submitter: JobSubmitter = {
      async submit(plan, settings, submission) {
        const client = await local.submit(plan, settings, submission);
        const result = client.getJobExecutionResult();
        // Awaited below, where a failure that the program did not handle comes out.
        result.catch(() => undefined);
        jobs.push(result);
        submitted(client);
        return client;
      },
    };
    await loadProgram(request, SOURCE, submitter, async () => {
      if (jobs.length === 0) throw new EngineError("MR_PROGRAM_NO_JOB", { path: request.path });
      await Promise.all(jobs);
    });
  }

  async explainProgram(request: ProgramRequest, emitTo: string | null): Promise<Explanation> {
    const { graph } = await planProgram(request, SOURCE);
    if (emitTo !== null) await emitModules(graph, emitTo);
    return explainGraph(graph);
  }
}
