/** What the command line and the REST service need of a place that runs programs. */
import type { EngineOptions } from "../config/settings.ts";
import type { Explanation } from "../plan/explanation.ts";
import type { JobClient } from "./job-client.ts";

export interface ProgramRequest {
  /** Path of the entry file: a script that calls execute(), or a module that exports a job definition. */
  readonly path: string;
  readonly args: readonly string[];
  /** Settings of the client level. */
  readonly options: EngineOptions;
}

export interface ClusterClient {
  /**
   * Runs a program to its end; `submitted` is told of each of its jobs. Rejects with what the program
   * throws, MR_PROGRAM_NOT_FOUND, MR_PROGRAM_NO_JOB or MR_BUNDLE_FAILED.
   */
  runProgram(request: ProgramRequest, submitted: (client: JobClient) => void): Promise<void>;

  /**
   * Plans of the program's first execute(), without running it. What its compiled operators become is
   * written to the folder `emitTo`, if there is one; then it rejects with MR_COMPILE_* and
   * MR_COMPILER_UNAVAILABLE too.
   */
  explainProgram(request: ProgramRequest, emitTo: string | null): Promise<Explanation>;
}
