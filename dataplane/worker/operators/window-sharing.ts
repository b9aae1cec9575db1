/** Whether windows may share slices (window-slices.ts), and what that asks of records. */
import { isHashable } from "../../memory/key-fields.ts";
import type { Schema } from "../../memory/schema.ts";
import type { KeySpec } from "../../protocol/deployment.ts";
import { holdsAggregateOnly, MAX_SHARED_WINDOWS } from "../../protocol/window-spec.ts";
import { roundedColumn } from "./rolling-aggregate.ts";
import type { WindowSegmentParts } from "./window-state.ts";

/** Windows of a record from which on a few merges are cheaper than a table for each. */
const MIN_SHARED_WINDOWS = 4n;
const MAX_SIZE = 2n ** 51n;

export interface WindowSharing {
  /**
   * Merging the parts of a window in order gives what folding its records in order does. It is not known of
   * functions of the user: Flink never calls merge() of an AggregateFunction for such windows.
   */
  readonly isMergeable: boolean;
  /** Records of a window give the same in any order. */
  readonly isOrderFree: boolean;
  /** Sums of this column have to be exact: doubles, which may be rounded. null = they are. */
  readonly exactColumn: number | null;
}

export function sharingOf(parts: WindowSegmentParts, schema: Schema): WindowSharing {
  const { name, fold, windows, key, inputType } = parts;
  const { size, slide } = windows;
  const count = size / slide;
  const isMergeable =
    "field" in fold &&
    isKeyHashable(schema, key) &&
    count >= MIN_SHARED_WINDOWS &&
    count <= BigInt(MAX_SHARED_WINDOWS) &&
    size <= MAX_SIZE;
  if (!("field" in fold)) return { isMergeable, isOrderFree: false, exactColumn: null };
  const { kind, field, first } = fold;
  const spec = { name, function: kind, field, first, key, finalOnly: true };
  const exactColumn = roundedColumn(schema, spec);
  const isOrderFree = exactColumn === null && holdsAggregateOnly(fold, inputType, key);
  return { isMergeable, isOrderFree, exactColumn };
}

export function isKeyHashable({ type, fields }: Schema, key: KeySpec): boolean {
  if (key.kind === "key-column") return type.key !== null && isHashable(type.key);
  if (key.kind !== "fields") return false;
  return key.fields.every((index) => {
    const field = fields[index];
    return field !== undefined && isHashable(field.type);
  });
}
