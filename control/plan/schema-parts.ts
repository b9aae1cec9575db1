/** Small things that schemas of the JobGraph are made of. */
import { type TSchema, Type } from "typebox";

export const closed = { additionalProperties: false } as const;

export function orNull<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

export function oneOf<const V extends string[]>(...values: V) {
  return Type.Union(values.map((value) => Type.Literal(value))) as unknown as OneOf<V>;
}

type OneOf<V extends string[]> = ReturnType<
  typeof Type.Union<{ [I in keyof V]: ReturnType<typeof Type.Literal<V[I]>> }>
>;
