/** Starts a job definition by the URL of its module, from a program of its own (a service, a test, a benchmark). */
import { fileURLToPath } from "node:url";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { JobClient } from "../api/job-client.ts";
import { type JobSubmitter, withJobSubmitter } from "../api/job-submitter.ts";
import { runExportedJob } from "../api/run-exported-job.ts";
import { withClientSettings } from "../config/client-settings.ts";
import type { EngineOptions } from "../config/settings.ts";
import { bundleProgram } from "./bundle.ts";
import { LocalJobSubmitter } from "./local-submitter.ts";
import { type Program, withProgram } from "./program.ts";

export interface SubmitJobOptions {
  /** Arguments of the definition. */
  readonly args?: readonly string[];
  /** Settings of the client level. */
  readonly options?: EngineOptions;
}

/**
 * Runs the job definition that the module at `url` exports as default: in workers the module alone is
 * loaded again, never the program that called this. Settled when the job was accepted.
 *
 * ```ts
 * const client = await submitJob(new URL("./job.js", import.meta.url), { args: ["input.txt"] });
 * const result = await client.getJobExecutionResult();
 * ```
 * Throws MR_BUNDLE_FAILED, MR_PROGRAM_NO_JOB and what the definition throws.
 * @public
 */
export async function submitJob(url: URL, options: SubmitJobOptions = {}): Promise<JobClient> {
  const path = fileURLToPath(url);
  // TypeScript is bundled to be loaded at all; JavaScript is loaded as it is, and once.
  const bundle = /\.[cm]?js$/.test(path) ? null : await bundleProgram(path);
  const args = options.args ?? [];
  let accept: (client: JobClient) => void = () => undefined;
  const accepted = new Promise<JobClient>((resolve) => {
    accept = resolve;
  });
  const local = new LocalJobSubmitter();
  const submitter: JobSubmitter = {
    async submit(plan, settings, submission) {
      const client = await local.submit(plan, settings, submission);
      accept(client);
      return client;
    },
  };
  const run = async (): Promise<never> => {
    const loaded = (await import(bundle?.url ?? url.href)) as { readonly default?: unknown };
    await runExportedJob(loaded.default, args);
    throw new EngineError("MR_PROGRAM_NO_JOB", { path });
  };
  const program: Program = { kind: "module", path, bundle, args };
  const ran = withClientSettings(options.options ?? {}, "submitJob()", () =>
    withJobSubmitter(submitter, () => withProgram(program, run)),
  ).finally(() => bundle?.dispose());
  // A failure behind the first job is that job's: whoever asks for its result is told.
  ran.catch(() => undefined);
  return Promise.race([accepted, ran]);
}
