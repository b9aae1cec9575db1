import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";

import { javaHash, keyGroupOfHash } from "../../../../../dataplane/formats/java-hash.ts";
import type { KeySpec, RollingFunction } from "../../../../../dataplane/protocol/deployment.ts";
import type { ScalarKind } from "../../../../../dataplane/protocol/types.ts";
import { projectRoot } from "../../../../project-root.ts";
import { anyLong, anyNumber, anyString, SEED } from "../../formats/arbitraries.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  INT,
  processBatch,
  rowsOf,
  STRING,
  scalar,
  tuple,
  valuesOf,
} from "./harness.ts";
import {
  FUNCTIONS,
  keyedRows,
  openKeyed,
  reduceSpec,
  restored,
  rollingSpec,
} from "./keyed-operators.ts";

/** Field 1 of each record aggregated per field 0, the plain way. */
function oracle(
  rows: readonly (readonly [unknown, unknown, unknown])[],
  name: RollingFunction,
  first: boolean,
  add: (a: unknown, b: unknown) => unknown,
  rank: (value: unknown) => number | bigint | string,
): unknown[] {
  const state = new Map<unknown, readonly [unknown, unknown, unknown]>();
  return rows.map((row) => {
    const known = state.get(row[0]);
    let next = row;
    if (known !== undefined) {
      const [a, b] = [rank(known[1]), rank(row[1])];
      const better = name === "max" || name === "maxBy" ? b > a : b < a;
      const by = name === "minBy" || name === "maxBy";
      if (name === "sum") next = [known[0], add(known[1], row[1]), known[2]];
      else if (by) next = better || (a === b && !first) ? row : known;
      else next = better ? [known[0], row[1], known[2]] : known;
    }
    state.set(row[0], next);
    return next;
  });
}

const wrapLong = (value: bigint): number | bigint => {
  const wrapped = BigInt.asIntN(64, value);
  return Number.isSafeInteger(Number(wrapped)) ? Number(wrapped) : wrapped;
};
/** Double.compare as a sortable text: sign, then magnitude; NaN last. */
const doubleRank = (value: unknown): bigint => {
  const words = new BigInt64Array(1);
  new Float64Array(words.buffer)[0] = Number.isNaN(value) ? Number.NaN : (value as number);
  const bits = words[0] ?? 0n;
  return bits < 0n ? bits ^ 0x7fffffffffffffffn : bits;
};

interface Case {
  readonly kind: ScalarKind;
  readonly values: fc.Arbitrary<unknown>;
  readonly add: (a: unknown, b: unknown) => unknown;
  readonly rank: (value: unknown) => number | bigint | string;
}

const CASES: readonly Case[] = [
  {
    kind: "INT",
    values: fc.oneof(fc.integer(), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 1)),
    add: (a, b) => Number(BigInt.asIntN(32, BigInt(a as number) + BigInt(b as number))),
    rank: (value) => value as number,
  },
  {
    kind: "LONG",
    values: anyLong,
    add: (a, b) => wrapLong(BigInt(a as number) + BigInt(b as number)),
    rank: (value) => BigInt(value as number),
  },
  {
    kind: "NUMBER",
    values: anyNumber,
    add: (a, b) => (a as number) + (b as number),
    rank: doubleRank,
  },
  {
    kind: "DOUBLE",
    values: anyNumber,
    add: (a, b) => (a as number) + (b as number),
    rank: doubleRank,
  },
  { kind: "STRING", values: anyString, add: () => null, rank: (value) => value as string },
  { kind: "BOOLEAN", values: fc.boolean(), add: () => null, rank: (value) => Number(value) },
];

test("rolling aggregates of every type equal a plain loop, in JavaScript and in WebAssembly", async () => {
  const harness = await createHarness();
  for (const { kind, values, add, rank } of CASES) {
    const type = batchType(tuple(STRING, scalar(kind), INT));
    const keys = fc.constantFrom("a", "b", "", "\ud83d\ude00");
    const anyRows = fc.array(fc.tuple(keys, values, fc.integer()), { minLength: 1, maxLength: 25 });
    for (const name of FUNCTIONS) {
      if (name === "sum" && (kind === "STRING" || kind === "BOOLEAN")) continue;
      await fc.assert(
        fc.asyncProperty(
          anyRows,
          fc.boolean(),
          fc.constantFrom(1, 3, 4096),
          async (rows, first, outputRows) => {
            const batch = buildBatch(harness.memory, keyedRows(rowsOf(rows), type.record), type);
            const expected = oracle(rows, name, first, add, rank);
            for (const engine of ["js", "wasm"] as const) {
              const segment = await openKeyed(
                harness,
                rollingSpec(name, 1, type, { engine, first }),
                undefined,
                outputRows,
              );
              const results = await processBatch(segment, batch);
              assert.equal(segment.engine, engine);
              assert.deepStrictEqual(valuesOf(results), expected, `${engine} ${name} ${kind}`);
              assert.deepEqual(
                results.map((row) => row.timestampMs),
                rowsOf(rows).map((row) => row.timestampMs),
              );
              await segment.close();
            }
            batch.dispose();
          },
        ),
        { seed: SEED, numRuns: 40 },
      );
    }
  }
});

test("the vectors of rolling aggregates hold", async () => {
  const file = join(projectRoot, "test/conformance/operators/09-rolling-aggregations.json");
  const vectors = JSON.parse(readFileSync(file, "utf8")) as readonly Vector[];
  assert.ok(vectors.length > 10);
  for (const vector of vectors) {
    const { keyBy, function: call } = vector.operator;
    const record = tuple(...vector.types.map((kind) => scalar(kind)));
    const key: KeySpec = { kind: "fields", fields: [keyBy].flat() };
    const type = batchType(record);
    const isReduce = call.type === "reduce";
    const spec = isReduce
      ? reduceSpec(type, { key })
      : rollingSpec(call.type as RollingFunction, call.field ?? 0, type, {
          key,
          first: call.first ?? true,
        });
    const concat = (a: [string, string], b: [string, string]) => [a[0], `(${a[1]}+${b[1]})`];
    const harness = await createHarness();
    let segment = await openKeyed(harness, spec, concat);
    for (const [at, event] of vector.input.entries()) {
      if (event.snapshotAndRestore === true)
        segment = await restored(harness, segment, spec, concat);
      if (event.record === undefined) continue;
      const value = event.record.map((item, index) =>
        vector.types[index] === "DOUBLE" ? Number(item) : item,
      );
      const groupOf = (index: number) =>
        javaHash(value[index], scalar(vector.types[index] ?? "STRING"));
      const hash = [keyBy]
        .flat()
        .reduce((sum, index) => (Math.imul(sum, 31) + groupOf(index)) | 0, 0);
      const row = { value, timestampMs: event.ts ?? null, keyGroup: keyGroupOfHash(hash, 128) };
      const results = await processBatch(segment, buildBatch(harness.memory, [row], type));
      const expected = vector.output.filter(
        (output) => output.at === at && output.record !== undefined,
      );
      assert.deepEqual(
        results,
        expected.map((output) => ({
          value: output.record?.map((item, index) =>
            vector.types[index] === "DOUBLE" ? Number(item) : item,
          ),
          timestampMs: output.ts ?? null,
        })),
        `${vector.name} at ${at}`,
      );
    }
  }
});

interface Vector {
  readonly name: string;
  readonly operator: {
    readonly keyBy: number | readonly number[];
    readonly function: { readonly type: string; readonly field?: number; readonly first?: boolean };
  };
  readonly types: readonly ScalarKind[];
  readonly input: readonly {
    readonly record?: readonly unknown[];
    readonly ts?: number;
    readonly snapshotAndRestore?: boolean;
  }[];
  readonly output: readonly {
    readonly record?: readonly unknown[];
    readonly ts?: number;
    readonly at: number;
  }[];
}
