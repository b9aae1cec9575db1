/** Import of debug builds: an assertion in a kernel failed. */
export function abortKernel(_message: number, _file: number, line: number, column: number): never {
  throw new Error(`assertion at ${line}:${column}`);
}
