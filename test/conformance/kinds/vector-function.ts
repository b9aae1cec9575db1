import type { Engine } from "../kind.ts";
import type { VectorValue } from "../vectors.ts";

/** Calls what the engine has for a function of the vectors and answers in their form. */
export type VectorFunction = (args: readonly VectorValue[], engine: Engine) => unknown;
