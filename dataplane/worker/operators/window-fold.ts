/** What becomes of the records of a key in a window in WebAssembly, and what that needs. */
import { Schema } from "../../memory/schema.ts";
import {
  type BatchType,
  type KeySpec,
  mergeModuleOf,
  resultModuleOf,
} from "../../protocol/deployment.ts";
import type { DataType } from "../../protocol/types.ts";
import type { WindowFoldSpec } from "../../protocol/window-spec.ts";
import type { SegmentContext } from "../segment.ts";
import type { RowType } from "../state/fold-table.ts";
import type { AggregateFold } from "./aggregate-fold.ts";
import type { ReduceFold } from "./reduce-js.ts";
import { RowFolder } from "./row-folder.ts";
import { RowResults } from "./row-results.ts";

export type WindowFold =
  | Extract<WindowFoldSpec, { readonly field: string | number }>
  | {
      readonly kind: "reduce";
      readonly moduleId: string;
      readonly changedFields: readonly number[];
      /** The function in JavaScript. */
      readonly fold: ReduceFold;
    }
  | {
      readonly kind: "aggregate";
      readonly moduleId: string;
      readonly accumulatorType: DataType;
      /** The function in JavaScript. */
      readonly fold: AggregateFold;
    };

export interface FoldedWindows {
  readonly name: string;
  readonly key: KeySpec;
  readonly fold: WindowFold;
  readonly inputType: BatchType;
  readonly context: SegmentContext;
}

/** Rows of snapshots: values with their keys, or records that are both. */
export function entryTypeOf({ fold, inputType, key }: FoldedWindows): BatchType {
  if (fold.kind !== "aggregate") return inputType;
  return { record: fold.accumulatorType, key: keyTypeOf(inputType, key) };
}

/** Of the input, and of entries of its tables. */
export function rowTypesOf(parts: FoldedWindows): {
  readonly rows: RowType;
  readonly entries: RowType;
} {
  const rows: RowType = { schema: Schema.of(parts.inputType), key: parts.key };
  if (parts.fold.kind !== "aggregate") return { rows, entries: rows };
  return { rows, entries: { schema: Schema.of(entryTypeOf(parts)), key: { kind: "key-column" } } };
}

function keyTypeOf({ record, key: column }: BatchType, key: KeySpec): DataType {
  if (key.kind === "key-column") return column ?? record;
  const { fields } = Schema.of({ record, key: null });
  const types = key.fields.map((index) => fields[index]?.type ?? record);
  const [only] = types;
  return types.length === 1 && only !== undefined ? only : { kind: "TUPLE", fields: types };
}

export function folderOf({ name, inputType, fold, context }: FoldedWindows): RowFolder | null {
  if ("field" in fold) return null;
  const { moduleId } = fold;
  const valueType = fold.kind === "reduce" ? inputType.record : fold.accumulatorType;
  const compiled = { moduleId, fold: fold.fold };
  return new RowFolder({ operatorName: name, inputType, valueType, ...compiled, context });
}

/** Folds entries, so accumulators of sessions that become one; null = records are folded that way, too. */
export function mergerOf(parts: FoldedWindows): RowFolder | null {
  const { name, fold, context } = parts;
  if (fold.kind !== "aggregate") return null;
  const { accumulatorType, moduleId, fold: functions } = fold;
  return new RowFolder({
    operatorName: name,
    inputType: entryTypeOf(parts),
    valueType: accumulatorType,
    moduleId: mergeModuleOf(moduleId),
    fold: { start: (value) => value, fold: (a, b) => functions.merge(a, b) },
    context,
  });
}

export function resultsOf({ name, fold, context }: FoldedWindows): RowResults | null {
  if (fold.kind !== "aggregate") return null;
  const { accumulatorType } = fold;
  const moduleId = resultModuleOf(fold.moduleId);
  return new RowResults({
    operatorName: name,
    accumulatorType,
    moduleId,
    fold: fold.fold,
    context,
  });
}
