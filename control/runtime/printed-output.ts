/** Where print() goes: standard output or standard error of the process that runs the job. */

/** Settled when the stream has taken the text, so that a slow reader slows the job down. */
export function writePrinted(text: string, toStderr: boolean): Promise<void> {
  const stream = toStderr ? process.stderr : process.stdout;
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      // Whoever closed the pipe (`| head`) has seen enough.
      if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") reject(error);
      else resolve();
    });
  });
}
