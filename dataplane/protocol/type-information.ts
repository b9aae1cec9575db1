import type { DataType } from "./types.ts";

declare const VALUE: unique symbol;

/**
 * Describes the values of one type; made by `Types`.
 * @public
 */
export interface TypeInformation<T> {
  readonly descriptor: DataType;
  /** Never there at run time. A method, so that `string` may stand for `"a" | "b"` and a field for a nullable one. */
  [VALUE]?(value: T): void;
}
