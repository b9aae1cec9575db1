/** Exit codes of `millrace`; docs/reference/cli.md lists them. */
export const EXIT_OK = 0;
/** The job failed, or the program threw. */
export const EXIT_FAILED = 1;
/** The command line is wrong: unknown option, missing file. */
export const EXIT_USAGE = 2;
/** Canceled by Ctrl-C (128 + SIGINT). */
export const EXIT_INTERRUPTED = 130;
/** Canceled by SIGTERM (128 + SIGTERM). */
export const EXIT_TERMINATED = 143;
