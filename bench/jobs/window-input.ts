/** Rows with times, see shared-input.ts. */
import type { ColumnArray } from "../../dataplane/connectors/batch-source.ts";
import { SharedInput } from "./shared-input.ts";

export interface WindowInput {
  readonly columns: readonly ColumnArray[];
  /** ms. */
  readonly timestamps: BigInt64Array;
}

export const windowInput = new SharedInput<WindowInput>("window-input");
