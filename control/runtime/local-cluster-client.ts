/** Runs programs in this process. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { ClusterClient, ProgramRequest } from "../api/cluster-client.ts";
import type { JobClient } from "../api/job-client.ts";
import { isJobDefinition } from "../api/job-definition.ts";
import { type JobSubmitter, withJobSubmitter } from "../api/job-submitter.ts";
import { runExportedJob } from "../api/run-exported-job.ts";
import { withClientSettings } from "../config/client-settings.ts";
import { type Explanation, explainGraph } from "../plan/explanation.ts";
import type { CompiledPlan } from "../plan/job-graph.ts";
import { bundleProgram } from "./bundle.ts";
import { emitModules } from "./emit-modules.ts";
import { LocalJobSubmitter } from "./local-submitter.ts";
import { type Program, withProgram } from "./program.ts";

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
    await loadProgram(request, submitter);
    if (jobs.length === 0) throw new EngineError("MR_PROGRAM_NO_JOB", { path: request.path });
    // A program may end while jobs of executeAsync() still run; their bundle must stay until then.
    await Promise.all(jobs);
  }

  async explainProgram(request: ProgramRequest, emitTo: string | null): Promise<Explanation> {
    const planned = new Promise<CompiledPlan>((resolvePlan, rejectPlan) => {
      const submitter: JobSubmitter = {
        submit(plan) {
          resolvePlan(plan);
          // The program goes no further: it has no result to go on with.
          return new Promise<never>(() => undefined);
        },
      };
      loadProgram(request, submitter).then(
        () => rejectPlan(new EngineError("MR_PROGRAM_NO_JOB", { path: request.path })),
        rejectPlan,
      );
    });
    const { graph } = await planned;
    if (emitTo !== null) await emitModules(graph, emitTo);
    return explainGraph(graph);
  }
}

/** Imports the program's bundle; a job definition is called with an environment. */
async function loadProgram(request: ProgramRequest, submitter: JobSubmitter): Promise<void> {
  const path = resolve(request.path);
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw new EngineError("MR_PROGRAM_NOT_FOUND", { path: request.path });
  }
  const bundle = await bundleProgram(path);
  const program: Program = { kind: "script", path, bundle, args: request.args };
  // Stacks then name the program's own files and lines.
  process.setSourceMapsEnabled(true);
  try {
    process.argv.splice(1, process.argv.length - 1, path, ...request.args);
    await withClientSettings(request.options, "the command line", () =>
      withJobSubmitter(submitter, () => runBundle(program, bundle.url)),
    );
  } finally {
    await bundle.dispose();
  }
}

async function runBundle(program: Program, url: string): Promise<void> {
  const loaded = (await withProgram(program, () => import(url))) as {
    readonly default?: unknown;
  };
  if (!isJobDefinition(loaded.default)) return;
  await withProgram({ ...program, kind: "module" }, () =>
    runExportedJob(loaded.default, program.args),
  );
}
