/** Columns of bids, see shared-input.ts. */
import type { ColumnArray } from "../../dataplane/connectors/batch-source.ts";
import { SharedInput } from "./shared-input.ts";

export const bidColumns = new SharedInput<readonly ColumnArray[]>("bid-columns");
