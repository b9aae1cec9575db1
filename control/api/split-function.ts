/** split(): evaluates its selector once per record and puts it out to every selection that has a name of its. */
import { OutputTag } from "../../dataplane/functions/output-tag.ts";
import type { ProcessContext } from "../../dataplane/functions/process.ts";
import type { DataStream } from "./data-stream.ts";
import { checkText } from "./functions.ts";

/** What split() answers. @public */
export interface SplitStream<T> {
  /** Records that have at least one of the names. Throws MR_FUNCTION_INVALID. */
  select(...names: readonly string[]): DataStream<T>;
}

export class SplitFunction<T> {
  readonly #selector: (value: T) => string | Iterable<string>;
  /** Names of each selection, by its tag. */
  readonly #selections = new Map<OutputTag<unknown>, ReadonlySet<string>>();

  constructor(selector: (value: T) => string | Iterable<string>) {
    this.#selector = selector;
  }

  /** The tag of this selection, before the job runs. Throws MR_FUNCTION_INVALID. */
  select(names: readonly string[]): OutputTag<never> {
    for (const name of names) checkText(name, "select()", "names");
    const id = JSON.stringify([...new Set(names)].sort());
    for (const known of this.#selections.keys()) {
      if (known.id === id) return known as OutputTag<never>;
    }
    const tag = new OutputTag<unknown>(id);
    this.#selections.set(tag, new Set(names));
    return tag as OutputTag<never>;
  }

  processElement(value: T, ctx: ProcessContext): void {
    const selected = this.#selector(value);
    const names = typeof selected === "string" ? [selected] : [...selected];
    for (const [tag, wanted] of this.#selections) {
      if (names.some((name) => wanted.has(name))) ctx.output(tag, value);
    }
  }
}
