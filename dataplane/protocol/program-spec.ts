/** How a worker loads the program of a job again. Structured-cloneable. */
export interface ProgramSpec {
  readonly kind: "script" | "module";
  /** URL of an ES module. */
  readonly url: string;
  /** Path of the entry file: process.argv[1] of a script. */
  readonly path: string;
  /** Arguments of the program. */
  readonly args: readonly string[];
  readonly executeIndex: number;
  readonly earlierResults: readonly unknown[];
  readonly settings: Readonly<Record<string, unknown>>;
  /** Hash and text of the plan the master made; the worker's must be the same. */
  readonly planHash: string;
  readonly planText: string;
}
