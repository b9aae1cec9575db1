/**
 * The process of a program, seen from the service: started, told what to do, watched, and killed when it takes too
 * much memory or is silent.
 *
 * Invariants: `ended` is called once, behind every report; nothing is sent to a process that has ended.
 */
import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { Clock } from "../common/clock.ts";
import type { Variables } from "../config/environment-variables.ts";
import type { ProcessFigures } from "./cluster.ts";
import type { ProgramCommand, ProgramReport } from "./job-messages.ts";
import { diagnose, type ProcessLimits, rssOf } from "./process-watch.ts";

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const mainUrl = new URL(`./job-process-main.${extension}`, import.meta.url);

export interface JobProcessOptions {
  /** Files that standard output and standard error are added to. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly environment: Variables;
  readonly limits: ProcessLimits;
  /** ms between two looks at it. */
  readonly watchMs: number;
  readonly clock: Clock;
}

export interface JobProcessListener {
  report(report: Exclude<ProgramReport, { kind: "program-ended" }>): void;
  /** null = the program came to its end. Errors: what it threw, MR_JOB_PROCESS_*, MR_JOB_MEMORY. */
  ended(error: EngineError | null): void;
}

export class JobProcess {
  readonly #child: ChildProcess;
  readonly #listener: JobProcessListener;
  readonly #stopWatch: () => void;
  #silentMs = 0;
  /** As it says itself; null = it has not yet. */
  #figures: ProcessFigures | null = null;
  /** Why it was killed, or how its program ended. */
  #end: { readonly error: EngineError | null } | null = null;
  #hasEnded = false;

  constructor(options: JobProcessOptions, listener: JobProcessListener) {
    this.#listener = listener;
    const out = openSync(options.stdoutPath, "a");
    const err = openSync(options.stderrPath, "a");
    try {
      // Flags of this process, such as those of a debugger, are not for the child.
      this.#child = fork(mainUrl, {
        execArgv: ["--enable-source-maps"],
        serialization: "advanced",
        env: { ...options.environment },
        stdio: ["ignore", out, err, "ipc"],
      });
    } finally {
      closeSync(out);
      closeSync(err);
    }
    this.#child.on("message", (report: ProgramReport) => this.#handle(report));
    this.#child.on("error", (error) => {
      // Of one that runs, "close" says how it ended.
      if (this.#child.pid === undefined) this.#finish(error.message);
    });
    this.#child.on("close", (code, signal) =>
      this.#finish(signal === null ? `it exited with code ${code}` : `${signal} ended it`),
    );
    this.#stopWatch = options.clock.every(options.watchMs, () => this.#watch(options));
  }

  /** Of a process that could be started. */
  get processId(): number | null {
    return this.#child.pid ?? null;
  }

  /** Bytes; null = not known. */
  get rssBytes(): number | null {
    const { pid } = this.#child;
    return (pid === undefined ? null : rssOf(pid)) ?? this.#figures?.rssBytes ?? null;
  }

  /** null = it has not reported yet. */
  get figures(): ProcessFigures | null {
    return this.#figures;
  }

  send(command: ProgramCommand): void {
    if (this.#hasEnded || !this.#child.connected) return;
    // What cannot be told anything has ended, or will be found silent.
    this.#child.send(command, () => undefined);
  }

  /** `ended` will be called with the reason. */
  kill(reason: EngineError): void {
    this.#end ??= { error: reason };
    this.#child.kill("SIGKILL");
  }

  #handle(report: ProgramReport): void {
    this.#silentMs = 0;
    if (report.kind === "progress") this.#figures = report.process;
    if (report.kind === "program-ended") {
      const { error } = report;
      this.#end ??= { error: error === null ? null : EngineError.fromWire(error) };
      return;
    }
    this.#listener.report(report);
  }

  /** Counts its own calls: when this process stood still, so did the clock of the other's silence. */
  #watch({ limits, watchMs }: JobProcessOptions): void {
    this.#silentMs += watchMs;
    const reason = diagnose({ rssBytes: this.rssBytes, silentMs: this.#silentMs }, limits);
    if (reason !== null) this.kill(reason);
  }

  #finish(how: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stopWatch();
    const end = this.#end ?? { error: new EngineError("MR_JOB_PROCESS_ENDED", { how }) };
    this.#listener.ended(end.error);
  }
}
