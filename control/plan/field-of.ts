/** Fields that keys, aggregates and partitioners name, in declared types. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { fieldNames, findField, type ResolvedField } from "../common/data-types.ts";

const GENERIC: DataType = { kind: "GENERIC" };

/** Throws MR_FIELD_UNKNOWN. A generic record may have any field: that is seen when it comes. */
export function fieldOf(record: DataType, field: string | number, operator: string): ResolvedField {
  if (record.kind === "GENERIC") return { index: 0, type: GENERIC };
  const found = findField(record, field);
  if (found !== null) return found;
  throw new EngineError("MR_FIELD_UNKNOWN", { operator, field, fields: fieldNames(record) });
}
