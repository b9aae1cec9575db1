/** An instance of a generated module over a subtask's memory. */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { ModuleInstance, TaskMemory } from "../../memory/task-memory.ts";
import type { Cursor } from "../segment.ts";
import { compiledImports } from "./compiled-imports.ts";

/** After so many rows given up, JavaScript takes the rest of a batch: small batches cost more than they save. */
export const GIVE_UPS_MAX = 8;

/** What generated modules export; see assembly/js/compiled-rows.ts. */
interface GeneratedExports {
  process(view: number, builder: number, row: number, skip: number): number;
  nextRow(): number;
  emitted(): number;
}

export class CompiledProgram {
  readonly #memory: TaskMemory;
  readonly #operator: string;
  readonly #instance: ModuleInstance<GeneratedExports>;

  /** @param operator for error messages */
  constructor(memory: TaskMemory, module: WebAssembly.Module, operator: string) {
    const imports = compiledImports(() => memory.u8);
    this.#memory = memory;
    this.#operator = operator;
    this.#instance = memory.instantiate(this, module, imports);
  }

  /**
   * Runs rows from cursor.row on, whose first cursor.step emissions are skipped, and moves the cursor to
   * where it stopped.
   *
   * @returns STATUS_DONE, STATUS_OUTPUT_FULL or STATUS_ROW_GIVEN_UP
   * Errors: MR_MEMORY_EXHAUSTED, MR_KERNEL_TRAP.
   */
  process(rows: BatchView, target: BatchBuilder, cursor: Cursor): number {
    let status: number;
    this.#memory.statics.claim(this);
    try {
      status = this.#instance.exports.process(rows.ptr, target.ptr, cursor.row, cursor.step);
    } catch (error) {
      throw this.#memory.trap(error, "process", this.#operator);
    }
    cursor.row = this.#instance.exports.nextRow();
    cursor.step = this.#instance.exports.emitted();
    return this.#memory.check(status, "process", this.#operator);
  }
}
