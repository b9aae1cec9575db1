/** ms of the one clock that all threads of the process share: performance.now() counts from the start of a thread. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
