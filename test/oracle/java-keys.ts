/** Java's hashCode and Flink's key groups in BigInt arithmetic, straight from their definitions. */
import type { DataType } from "../../dataplane/protocol/types.ts";
import type { Value } from "./column-rows.ts";

const int = (value: bigint) => BigInt.asIntN(32, value);
const float = new DataView(new ArrayBuffer(8));

export function javaHashOf(type: DataType, value: Value): bigint {
  switch (type.kind) {
    case "STRING":
      return hashString(value as string);
    case "BOOLEAN":
      return value === true ? 1231n : 1237n;
    case "INT":
      return BigInt(value as number);
    case "LONG":
    case "TIMESTAMP":
      return hashLong(value as bigint);
    case "DOUBLE":
      return hashDouble(value as number);
    case "NUMBER":
      return hashNumber(value as number);
    case "TUPLE":
      return hashTuple(type.fields, value as readonly Value[]);
    case "ROW":
      return hashRow(type.fields, value as readonly Value[]);
    default:
      throw new TypeError(`${type.kind} is no key`);
  }
}

export function keyGroupOf(hash: bigint, maxParallelism: number): number {
  return Number(murmur(hash) % BigInt(maxParallelism));
}

/** MathUtils.murmurHash. */
export function murmur(hash: bigint): bigint {
  let code = int(int(hash) * 0xcc9e2d51n);
  code = rotate(code, 15n);
  code = int(code * 0x1b873593n);
  code = rotate(code, 13n);
  code = int(code * 5n + 0xe6546b64n);
  code ^= 4n;
  code = int((code ^ shift(code, 16n)) * 0x85ebca6bn);
  code = int((code ^ shift(code, 13n)) * 0xc2b2ae35n);
  code = int(code ^ shift(code, 16n));
  if (code >= 0n) return code;
  return code === -(2n ** 31n) ? 0n : -code;
}

function rotate(value: bigint, bits: bigint): bigint {
  const word = BigInt.asUintN(32, value);
  return int((word << bits) | (word >> (32n - bits)));
}

function shift(value: bigint, bits: bigint): bigint {
  return BigInt.asUintN(32, value) >> bits;
}

function hashString(text: string): bigint {
  let hash = 0n;
  for (let index = 0; index < text.length; ++index) {
    hash = int(31n * hash + BigInt(text.charCodeAt(index)));
  }
  return hash;
}

function hashLong(value: bigint): bigint {
  return int(value ^ (BigInt.asUintN(64, value) >> 32n));
}

function hashDouble(value: number): bigint {
  float.setFloat64(0, value === 0 ? 0 : value);
  return hashLong(float.getBigInt64(0));
}

function hashNumber(value: number): bigint {
  if (!Number.isInteger(value)) return hashDouble(value);
  const integer = BigInt(value);
  if (integer === int(integer)) return integer;
  return integer === BigInt.asIntN(64, integer) ? hashLong(integer) : hashDouble(value);
}

function hashTuple(types: readonly DataType[], values: readonly Value[]): bigint {
  let hash = 0n;
  types.forEach((type, index) => {
    hash = int(31n * hash + javaHashOf(type, values[index] as Value));
  });
  return hash;
}

function hashRow(
  fields: readonly { readonly name: string; readonly type: DataType }[],
  values: readonly Value[],
): bigint {
  const order = [...fields.keys()].sort((a, b) =>
    (fields[a]?.name as string) < (fields[b]?.name as string) ? -1 : 1,
  );
  return hashTuple(
    order.map((index) => fields[index]?.type as DataType),
    order.map((index) => values[index] as Value),
  );
}
