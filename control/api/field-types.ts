/** Which fields a record type has: positions of tuples and arrays, names of objects, 0 of plain values. */

type PlainValue = string | number | bigint | boolean | symbol | Uint8Array | Date;

type ToNumber<Text> = Text extends `${infer Value extends number}` ? Value : never;

type PositionOf<T extends readonly unknown[]> = number extends T["length"]
  ? number
  : ToNumber<keyof T>;

type NameOf<T> = {
  [Name in keyof T & string]-?: NonNullable<T[Name]> extends (...args: never[]) => unknown
    ? never
    : Name;
}[keyof T & string];

/** Positions or names keyBy() takes for records of type T. @public */
export type FieldOf<T> = T extends readonly unknown[]
  ? PositionOf<T>
  : T extends PlainValue
    ? 0
    : NameOf<T>;

/** Type of a field of T. @public */
export type FieldType<T, F> = T extends readonly unknown[]
  ? F extends number
    ? T[F]
    : never
  : T extends PlainValue
    ? T
    : F extends keyof T
      ? T[F]
      : never;

type FieldHolding<T, V, F = FieldOf<T>> =
  F extends FieldOf<T> ? (NonNullable<FieldType<T, F>> extends V ? F : never) : never;

/** Fields sum() takes. @public */
export type NumericFieldOf<T> = FieldHolding<T, number | bigint>;

/** Fields min(), max(), minBy() and maxBy() take. @public */
export type ComparableFieldOf<T> = FieldHolding<T, number | bigint | string | boolean>;

/** Key of keyBy() with several fields: a tuple of their types. @public */
export type FieldTypes<T, F extends readonly unknown[]> = {
  -readonly [Index in keyof F]: NonNullable<FieldType<T, F[Index]>>;
};
