/** Jobs as modules: a file that exports its job instead of running it when it is imported. */
import type { StreamExecutionEnvironment } from "./environment.ts";
import { withJobHistory } from "./job-history.ts";

const KIND = "millrace.job-definition";

/** Defines streams on `env`, and may execute them itself; `args` come from whoever starts the job. @public */
export type JobFunction = (env: StreamExecutionEnvironment, args: readonly string[]) => unknown;

/** Made by defineJob(). @public */
export interface JobDefinition {
  readonly kind: typeof KIND;
  readonly define: JobFunction;
}

/**
 * Exports a job from a module. Whoever starts it gives the environment; what the function has defined
 * and not executed when it returns is executed then.
 *
 * ```ts
 * export default defineJob((env, [path = "input.txt"]) => {
 *   env.readTextFile(path).print();
 * });
 * ```
 * @public
 */
export function defineJob(define: JobFunction): JobDefinition {
  return Object.freeze({ kind: KIND, define });
}

/** Whether a module's export is a job, also one of another copy of this package. */
export function isJobDefinition(value: unknown): value is JobDefinition {
  const candidate = value as Partial<JobDefinition> | null | undefined;
  return candidate?.kind === KIND && typeof candidate.define === "function";
}

/**
 * Runs a job definition as a program of its own, with a job history of its own; settled when it and
 * what it left to execute have ended.
 */
export async function runJobDefinition(
  definition: JobDefinition,
  env: StreamExecutionEnvironment,
  args: readonly string[],
): Promise<void> {
  await withJobHistory(async () => {
    // What functions compute from them is compiled in: it must not change.
    await definition.define(env, Object.freeze([...args]));
    if (env.hasUnexecutedSinks()) await env.execute();
  });
}
