/** An instance of the module of a reduce() over a subtask's memory. */
import type { ModuleInstance, TaskMemory } from "../../memory/task-memory.ts";
import type { FoldRun } from "../state/fold-table.ts";
import { compiledImports } from "./compiled-imports.ts";

/** What such modules export; see control/compiler/emit/fold-module.ts. */
interface GeneratedExports {
  fold(
    view: number,
    first: number,
    values: number,
    sources: number,
    from: number,
    count: number,
  ): number;
  nextRow(): number;
}

export class CompiledFold {
  readonly #memory: TaskMemory;
  readonly #operator: string;
  readonly #instance: ModuleInstance<GeneratedExports>;

  /** @param operator for error messages */
  constructor(memory: TaskMemory, module: WebAssembly.Module, operator: string) {
    this.#memory = memory;
    this.#operator = operator;
    const imports = compiledImports(() => memory.u8);
    this.#instance = memory.instantiate(this, module, imports);
  }

  /**
   * Folds rows `from` to `count` of the run, and appends their results.
   *
   * @returns first row that was not folded: it is given up, if there is one
   * Errors: MR_MEMORY_EXHAUSTED, MR_KERNEL_TRAP.
   */
  fold({ rows, first, values }: FoldRun, sources: number, from: number, count: number): number {
    let status: number;
    this.#memory.statics.claim(this);
    try {
      status = this.#instance.exports.fold(rows.ptr, first, values.ptr, sources, from, count);
    } catch (error) {
      throw this.#memory.trap(error, "fold", this.#operator);
    }
    this.#memory.check(status, "fold", this.#operator);
    return this.#instance.exports.nextRow();
  }
}
