/** Functions of the vectors about hash codes, key groups and the subtasks they belong to. */

import { defaultMaxParallelism } from "../../../control/plan/parallelism.ts";
import {
  javaHash,
  keyGroupOfHash,
  keyGroupRange,
  murmurHash,
  operatorIndexForKeyGroup,
} from "../../../dataplane/formats/java-hash.ts";
import { checkKey } from "../../../dataplane/formats/key-codec.ts";
import { KeyFields } from "../../../dataplane/memory/key-fields.ts";
import { EngineError } from "../../../dataplane/protocol/errors.ts";
import type { DataType, ScalarKind } from "../../../dataplane/protocol/types.ts";
import { batchOf, createMemory } from "../batches.ts";
import type { Engine } from "../kind.ts";
import { decodeValue, type VectorValue } from "../vectors.ts";
import type { VectorFunction } from "./vector-function.ts";

export const keyFunctions: readonly (readonly [string, VectorFunction])[] = [
  ["computeDefaultMaxParallelism", ([parallelism]) => defaultMaxParallelism(parallelism as number)],
  [
    "computeKeyGroupRangeForOperatorIndex",
    (args) => {
      const { start, end } = keyGroupRange(...(args as [number, number, number]));
      return [start, end];
    },
  ],
  [
    "computeOperatorIndexForKeyGroup",
    (args) => operatorIndexForKeyGroup(...(args as [number, number, number])),
  ],
  ["murmurHash", ([hash], engine) => murmur(hash as number, engine)],
  ["stringKey", (args, engine) => describeKey(args, ["STRING"], engine)],
  ["intKey", (args, engine) => describeKey(args, ["INT"], engine)],
  ["longKey", (args, engine) => describeKey(args, ["LONG"], engine)],
  ["doubleKey", (args, engine) => describeKey(args, ["DOUBLE"], engine)],
  ["booleanKey", (args, engine) => describeKey(args, ["BOOLEAN"], engine)],
  ["tupleKey", (args, engine) => describeKey(args, args.map(kindOfField), engine)],
];

function murmur(hash: number, engine: Engine): number {
  if (engine === "js") return murmurHash(hash);
  const memory = createMemory("murmurHash");
  try {
    return memory.kernels.murmurHash(hash);
  } finally {
    memory.dispose();
  }
}

/** Fields of composite keys in the vectors are INT, STRING or BOOLEAN, as they look. */
function kindOfField(value: VectorValue): ScalarKind {
  if (typeof value === "number") return "INT";
  return typeof value === "boolean" ? "BOOLEAN" : "STRING";
}

/** [hashCode, key group of 128, key group of 1000, subtask of 2, 3 and 4]; the code where a key is refused. */
function describeKey(
  args: readonly VectorValue[],
  kinds: readonly ScalarKind[],
  engine: Engine,
): unknown {
  const fields = args.map((value, index) => decodeValue(value, kinds[index] ?? ""));
  try {
    const of128 = keyGroupOf(fields, kinds, 128, engine);
    const of1000 = keyGroupOf(fields, kinds, 1000, engine);
    const subtasks = [2, 3, 4].map((parallelism) =>
      operatorIndexForKeyGroup(128, parallelism, of128),
    );
    return [hashOf(fields, kinds), of128, of1000, ...subtasks];
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
}

function hashOf(fields: readonly unknown[], kinds: readonly ScalarKind[]): number {
  const [first] = fields;
  const [kind = "GENERIC"] = kinds;
  return fields.length === 1 ? javaHash(first, { kind }) : javaHash(fields, tupleOf(kinds));
}

function keyGroupOf(
  fields: readonly unknown[],
  kinds: readonly ScalarKind[],
  maxParallelism: number,
  engine: Engine,
): number {
  if (engine === "js") {
    checkKey(fields, { operator: "vectors", row: 0 });
    return keyGroupOfHash(hashOf(fields, kinds), maxParallelism);
  }
  const memory = createMemory("keyGroupsOf");
  try {
    const batch = batchOf(memory, tupleOf(kinds), [fields]);
    const key = new KeyFields(memory, batch.schema, {
      kind: "fields",
      fields: kinds.map((_, index) => index),
    });
    const target = memory.alloc(2);
    key.keyGroupsOf(batch, maxParallelism, target, "vectors");
    return memory.u16[target >>> 1] ?? -1;
  } finally {
    memory.dispose();
  }
}

function tupleOf(kinds: readonly ScalarKind[]): DataType {
  return { kind: "TUPLE", fields: kinds.map((kind) => ({ kind })) };
}
