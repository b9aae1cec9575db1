/** Whether windows may share slices (window-slices.ts), and what that asks of records. */
import { isHashable } from "../../memory/key-fields.ts";
import type { Schema } from "../../memory/schema.ts";
import type { KeySpec } from "../../protocol/deployment.ts";
import type { DataType } from "../../protocol/types.ts";
import { MAX_SHARED_WINDOWS } from "../../protocol/window-spec.ts";
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
  const { fold, windows, key } = parts;
  const { size, slide } = windows;
  const count = size / slide;
  const isMergeable =
    "field" in fold &&
    isKeyHashable(schema, key) &&
    count >= MIN_SHARED_WINDOWS &&
    count <= BigInt(MAX_SHARED_WINDOWS) &&
    size <= MAX_SIZE;
  return {
    isMergeable,
    isOrderFree: isCommutative(parts),
    exactColumn: summedDoubles(parts, schema),
  };
}

export function isKeyHashable({ type, fields }: Schema, key: KeySpec): boolean {
  if (key.kind === "key-column") return type.key !== null && isHashable(type.key);
  if (key.kind !== "fields") return false;
  return key.fields.every((index) => {
    const field = fields[index];
    return field !== undefined && isHashable(field.type);
  });
}

/** Whether results hold nothing that depends on which record came first, or on how sums are rounded. */
function isCommutative({ key, fold, inputType }: WindowSegmentParts): boolean {
  const { record } = inputType;
  if (!("field" in fold) || fold.kind === "minBy" || fold.kind === "maxBy") return false;
  if (record.kind !== "TUPLE" && record.kind !== "ROW") return false;
  const keys: readonly number[] = key.kind === "fields" ? key.fields : [];
  return record.fields.every((field, index) => {
    const name = "name" in field ? field.name : index;
    const type = "name" in field ? field.type : field;
    if (name !== fold.field) return keys.includes(index);
    return fold.kind !== "sum" || !isDouble(type);
  });
}

function summedDoubles({ fold }: WindowSegmentParts, { type, fields }: Schema): number | null {
  if (fold.kind !== "sum") return null;
  const index =
    type.record.kind === "ROW"
      ? fields.findIndex(({ name }) => name === fold.field)
      : Number(fold.field);
  const field = fields[index];
  return field !== undefined && isDouble(field.type) ? field.column : null;
}

function isDouble({ kind }: DataType): boolean {
  return kind === "NUMBER" || kind === "DOUBLE";
}
