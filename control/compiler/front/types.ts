/** Which types agree, and how they are called in reasons. */
import { type IrType, NUMBER } from "../ir.ts";

const NUMERIC: ReadonlySet<string> = new Set(["NUMBER", "DOUBLE", "INT", "LONG", "TIMESTAMP"]);
const INTEGER: ReadonlySet<string> = new Set(["INT", "LONG", "TIMESTAMP"]);

/** A JavaScript number, whatever the column. */
export function isNumeric(type: IrType): boolean {
  return NUMERIC.has(type.kind);
}

/** A scalar that compiled code looks at; columns of other types are only passed on. */
export function isReadable(type: IrType): boolean {
  return isNumeric(type) || type.kind === "STRING" || type.kind === "BOOLEAN";
}

/** Has to be converted by the operation `number` before it is used. */
export function isInteger(type: IrType): boolean {
  return INTEGER.has(type.kind);
}

export function sameType(left: IrType, right: IrType): boolean {
  if (left.kind === "LIST") return right.kind === "LIST" && sameType(left.element, right.element);
  return left.kind === right.kind && left.kind !== "TUPLE" && left.kind !== "ROW";
}

/** The scalar or list type that holds values of both; null = there is none. */
export function commonType(left: IrType, right: IrType): IrType | null {
  if (sameType(left, right)) return left;
  return isNumeric(left) && isNumeric(right) ? NUMBER : null;
}

/** Of a local that numbers of all kinds may be assigned to. */
export function storedType(type: IrType): IrType {
  return type.kind === "DOUBLE" ? NUMBER : type;
}

export function typeText(type: IrType): string {
  return type.kind === "LIST" ? `LIST of ${typeText(type.element)}` : type.kind;
}
