/**
 * Input that a benchmark built beforehand, for the job it submits: job modules are bundled, so they share no
 * module state with the benchmark, but they share the process.
 */
export class SharedInput<T> {
  readonly #key: symbol;

  /** @param name tells inputs apart */
  constructor(name: string) {
    this.#key = Symbol.for(`millrace.bench.${name}`);
  }

  /** undefined = it is not needed any more. */
  set(input: T | undefined): void {
    holder[this.#key] = input;
  }

  get(): T {
    const input = holder[this.#key];
    if (input === undefined) throw new TypeError("The benchmark has set no input.");
    return input as T;
  }
}

const holder = globalThis as unknown as Record<symbol, unknown>;
