/** From 0 up to, but not including, 1: for what must differ between runs. */
export function chance(): number {
  return Math.random();
}
