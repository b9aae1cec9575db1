/** Ctrl-C and SIGTERM: the first cancels the job cleanly, a second one ends the process at once. */
import { EXIT_INTERRUPTED, EXIT_TERMINATED } from "./exit-codes.ts";

export interface Interrupts {
  /** Exit code of the signal that came first; null = none came. */
  readonly exitCode: number | null;
  dispose(): void;
}

export function onInterrupt(cancel: () => void): Interrupts {
  let exitCode: number | null = null;
  const listen = (code: number) => () => {
    if (exitCode !== null) process.exit(code);
    exitCode = code;
    process.stderr.write("\nCanceling the job; press Ctrl-C again to end at once.\n");
    cancel();
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
