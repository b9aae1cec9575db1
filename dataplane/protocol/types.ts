/**
 * Data types of records: a JSON value that travels in the job graph and in schema frames.
 *
 * JavaScript value of each type: STRING string; NUMBER, DOUBLE, INT number; LONG, TIMESTAMP number
 * (a bigint where the magnitude exceeds 2^53 - 1, so that no bit is lost); BIGINT bigint of 64 bits;
 * BOOLEAN boolean; BYTES
 * Uint8Array; TUPLE array of fixed length; ROW object with the named fields; LIST array; GENERIC any
 * value MessagePack can carry. Every field may be null; a whole record may not.
 */
export type ScalarKind =
  | "STRING"
  | "NUMBER"
  | "DOUBLE"
  | "INT"
  | "LONG"
  | "BIGINT"
  | "BOOLEAN"
  | "TIMESTAMP"
  | "BYTES"
  | "GENERIC";

export interface ScalarType {
  readonly kind: ScalarKind;
}
export interface TupleType {
  readonly kind: "TUPLE";
  readonly fields: readonly DataType[];
}
export interface RowField {
  readonly name: string;
  readonly type: DataType;
}
export interface RowType {
  readonly kind: "ROW";
  readonly fields: readonly RowField[];
}
export interface ListType {
  readonly kind: "LIST";
  readonly element: DataType;
}
export type DataType = ScalarType | TupleType | RowType | ListType;
