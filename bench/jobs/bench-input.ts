/** Columns of keys and values, see shared-input.ts. */
import type { KeyValueColumns } from "../random.ts";
import { SharedInput } from "./shared-input.ts";

export const keyValueInput = new SharedInput<KeyValueColumns>("key-value-columns");
