/** What a kind of operator offers to the runner. */
import type { Difference } from "./comparison.ts";
import type { VectorCase } from "./vectors.ts";

/** js: the JavaScript reference; auto: WebAssembly where the engine has it. */
export type Engine = "js" | "auto";

/** Is told of each operator of a case what it ran on: js if its function ran as JavaScript, for one row even. */
export type Ran = (engine: "wasm" | "js") => void;

export interface Kind {
  /** null = can be run; else what is missing. */
  unsupported(vector: VectorCase, engine: Engine): string | null;
  /** Runs the case; null = as recorded. */
  run(vector: VectorCase, engine: Engine, ran: Ran): Difference | Promise<Difference>;
}
