/** Main file of the process that a program has to itself under the service. */
import { writeFileSync } from "node:fs";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { systemClock } from "../common/clock.ts";
import { describeFailure } from "../common/describe-failure.ts";
import type { ProgramCommand, ProgramReport } from "./job-messages.ts";
import { ProgramHost } from "./program-host.ts";

const EXIT_FAILED = 1;

try {
  // Where Linux runs out of memory, it ends a job rather than the service.
  writeFileSync("/proc/self/oom_score_adj", "500");
} catch {
  // Another system decides by itself.
}

const host = new ProgramHost(report, systemClock);
process.on("message", (command: ProgramCommand) => host.handle(command));
// The service is gone, by whatever way: another one will run the job.
process.on("disconnect", () => process.exit(EXIT_FAILED));
// Both reach every process of a terminal, or of a service manager; when to end is for the service to say.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("uncaughtException", (error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  const threw = new EngineError("MR_PROGRAM_THREW", { message }, error);
  report({ kind: "program-ended", error: threw.toWire() });
});

function report(message: ProgramReport): void {
  log(message);
  if (message.kind !== "program-ended") process.send?.(message);
  // When the service has it. What the program left behind, such as timers, must not keep the process.
  else process.send?.(message, () => process.exit());
}

/** Failures are in the log of the program as well, with the places in its files. */
function log(message: ProgramReport): void {
  const error =
    message.kind === "program-ended"
      ? message.error
      : message.kind === "job-ended" && message.outcome.status !== "FINISHED"
        ? message.outcome.error
        : null;
  if (error !== null) process.stderr.write(`${describeFailure(EngineError.fromWire(error))}\n`);
}
