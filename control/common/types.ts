/**
 * Type information: what `returns()`, `keyBy()` and sources are told about records, as in Flink.
 * At run time it is a DataType; at compile time it carries the TypeScript type of the value.
 */

import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { TypeInformation } from "../../dataplane/protocol/type-information.ts";
import type { DataType, ScalarKind } from "../../dataplane/protocol/types.ts";
import { describeValue } from "./describe-value.ts";

export type { TypeInformation };

/** TypeScript type of the values a TypeInformation describes. @public */
export type ValueOf<I> = I extends TypeInformation<infer T> ? T : never;

type TupleOf<F extends readonly TypeInformation<never>[]> = {
  -readonly [Index in keyof F]: ValueOf<F[Index]>;
};

type FieldTypes = Readonly<Record<string, TypeInformation<never>>>;
type RowOf<F extends FieldTypes> = { -readonly [Name in keyof F]: ValueOf<F[Name]> };

function scalar<T>(kind: ScalarKind): TypeInformation<T> {
  return information<T>({ kind });
}

function information<T>(descriptor: DataType): TypeInformation<T> {
  return Object.freeze({ descriptor: Object.freeze(descriptor) });
}

/**
 * Type information of everything a record can hold. LONG and TIMESTAMP values are typed as numbers;
 * where the magnitude exceeds 2^53 - 1 the value is a bigint, so that no bit is lost.
 *
 * ```ts
 * words.map((word) => [word, 1]).returns(Types.TUPLE(Types.STRING, Types.INT));
 * ```
 * @public
 */
export const Types = Object.freeze({
  STRING: scalar<string>("STRING"),
  /** A JavaScript number: 64-bit float, printed as JavaScript prints it. */
  NUMBER: scalar<number>("NUMBER"),
  /** 64-bit float, printed as Java prints a double. */
  DOUBLE: scalar<number>("DOUBLE"),
  /** 32-bit integer; sums wrap. */
  INT: scalar<number>("INT"),
  /** 64-bit integer; sums wrap. */
  LONG: scalar<number>("LONG"),
  /** 64-bit integer that is always a bigint in JavaScript; sums wrap. */
  BIGINT: scalar<bigint>("BIGINT"),
  BOOLEAN: scalar<boolean>("BOOLEAN"),
  /** ms since the epoch, 64-bit integer. */
  TIMESTAMP: scalar<number>("TIMESTAMP"),
  BYTES: scalar<Uint8Array>("BYTES"),

  /** An array of fixed length, one type per position. Throws MR_FUNCTION_INVALID. */
  TUPLE<const F extends readonly TypeInformation<never>[]>(
    ...fields: F
  ): TypeInformation<TupleOf<F>> {
    if (fields.length === 0)
      refuse("Types.TUPLE()", "at least one type, such as Types.STRING", "none");
    return information({
      kind: "TUPLE",
      fields: Object.freeze(fields.map((field) => descriptorOf(field, "Types.TUPLE()"))),
    });
  },

  /** An object with named fields, in the order given. Throws MR_FUNCTION_INVALID. */
  ROW<const F extends FieldTypes>(fields: F): TypeInformation<RowOf<F>> {
    const entries = Object.entries(fields);
    if (entries.length === 0) refuse("Types.ROW()", "at least one named field", "none");
    return information({
      kind: "ROW",
      fields: Object.freeze(
        entries.map(([name, type]) =>
          Object.freeze({ name, type: descriptorOf(type, `Types.ROW(), field ${name}`) }),
        ),
      ),
    });
  },

  /** An array of any length, all elements of one type. Throws MR_FUNCTION_INVALID. */
  LIST<T>(element: TypeInformation<T>): TypeInformation<T[]> {
    return information({ kind: "LIST", element: descriptorOf(element, "Types.LIST()") });
  },

  /** Any value MessagePack can carry: correct everywhere, fast nowhere. */
  GENERIC<T = unknown>(): TypeInformation<T> {
    return scalar<T>("GENERIC");
  },
});

/** The descriptor of `type`, or MR_FUNCTION_INVALID where it is none. */
export function descriptorOf(type: unknown, operation: string): DataType {
  const descriptor = (type as { descriptor?: DataType } | null | undefined)?.descriptor;
  if (descriptor === undefined) {
    return refuse(operation, "a type, such as Types.STRING", describeValue(type));
  }
  return descriptor;
}

function refuse(operation: string, expected: string, actual: string): never {
  throw new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual });
}
