/** Ctrl-C and SIGTERM: the first ends things cleanly, a second one ends the process at once. */
import { EXIT_INTERRUPTED, EXIT_TERMINATED } from "./exit-codes.ts";

export interface Interrupts {
  /** Exit code of the signal that came first; null = none came. */
  readonly exitCode: number | null;
  dispose(): void;
}

export interface InterruptOptions {
  /** What the first signal begins, for people. */
  readonly notice: string;
  /** Of the process when a second one comes; null = that of the signal. */
  readonly forcedExitCode: number | null;
}

export function onInterrupt(
  { notice, forcedExitCode }: InterruptOptions,
  end: () => void,
): Interrupts {
  let exitCode: number | null = null;
  const listen = (code: number) => () => {
    if (exitCode !== null) process.exit(forcedExitCode ?? code);
    exitCode = code;
    process.stderr.write(`${notice}\n`);
    end();
  };
  const onSigint = listen(EXIT_INTERRUPTED);
  const onSigterm = listen(EXIT_TERMINATED);
  process.on("SIGINT", onSigint);
  process.on("SIGTERM", onSigterm);
  return {
    get exitCode() {
      return exitCode;
    },
    dispose() {
      process.off("SIGINT", onSigint);
      process.off("SIGTERM", onSigterm);
    },
  };
}
