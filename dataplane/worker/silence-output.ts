/**
 * Drops what a program writes to its standard streams: the main thread's run has printed it
 * already.
 */
type Write = typeof process.stdout.write;

/** @returns ends the silence */
export function silenceOutput(): () => void {
  const restore = [process.stdout, process.stderr].map((stream) => {
    const { write } = stream;
    stream.write = dropped;
    return () => {
      stream.write = write;
    };
  });
  return () => {
    for (const end of restore) end();
  };
}

const dropped: Write = (_chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
  const done = typeof encoding === "function" ? encoding : callback;
  if (typeof done === "function") process.nextTick(done as () => void);
  return true;
};
