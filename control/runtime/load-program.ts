/** Loads a program into this process, with its jobs going where the caller says. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { ProgramRequest } from "../api/cluster-client.ts";
import { isJobDefinition } from "../api/job-definition.ts";
import { type JobSubmitter, withJobSubmitter } from "../api/job-submitter.ts";
import { runExportedJob } from "../api/run-exported-job.ts";
import { withClientSettings } from "../config/client-settings.ts";
import type { CompiledPlan } from "../plan/job-graph.ts";
import { bundleProgram } from "./bundle.ts";
import { type Program, withProgram } from "./program.ts";

/**
 * Imports the program's bundle; a job definition is called with an environment. Settled when the program
 * has ended and `jobsEnded` is settled: jobs of executeAsync() outlive the program, and their workers load its
 * bundle. `source` says where the request's options were set.
 *
 * Errors: MR_PROGRAM_NOT_FOUND, MR_BUNDLE_FAILED, and what the program and `jobsEnded` throw.
 */
export async function loadProgram(
  request: ProgramRequest,
  source: string,
  submitter: JobSubmitter,
  jobsEnded: () => Promise<void>,
): Promise<void> {
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
    await withClientSettings(request.options, source, () =>
      withJobSubmitter(submitter, () => runBundle(program, bundle.url)),
    );
    await jobsEnded();
  } finally {
    await bundle.dispose();
  }
}

/**
 * Loads a program up to its first execute(), and answers that plan; the program goes no further.
 *
 * Errors: those of loadProgram(), MR_PROGRAM_NO_JOB.
 */
export function planProgram(request: ProgramRequest, source: string): Promise<CompiledPlan> {
  return new Promise((resolvePlan, rejectPlan) => {
    const submitter: JobSubmitter = {
      submit(plan) {
        resolvePlan(plan);
        // It has no result to go on with.
        return new Promise<never>(() => undefined);
      },
    };
    const noJob = async (): Promise<never> => {
      throw new EngineError("MR_PROGRAM_NO_JOB", { path: request.path });
    };
    loadProgram(request, source, submitter, noJob).catch(rejectPlan);
  });
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
