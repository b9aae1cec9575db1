import assert from "node:assert/strict";
import { test } from "node:test";

import { keyGroupOf, keyGroupOfHash } from "../../../../../dataplane/formats/java-hash.ts";
import { decodeKey } from "../../../../../dataplane/formats/key-codec.ts";
import type {
  KeySelectorSpec,
  OperatorSpec,
} from "../../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { Segment } from "../../../../../dataplane/worker/segment.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  NUMBER,
  processBatch,
  rowsOf,
  STRING,
  scalar,
  type TimedRow,
  tuple,
} from "./harness.ts";

interface Setup {
  readonly selector: KeySelectorSpec;
  readonly fn?: unknown;
  readonly keyType?: DataType;
  readonly record?: DataType;
}

async function run(
  values: readonly unknown[],
  { selector, fn, keyType, record }: Setup,
): Promise<TimedRow[]> {
  const inputType = record === undefined ? null : batchType(record);
  const outputType = record === undefined ? null : batchType(record, keyType ?? scalar("BYTES"));
  const spec: OperatorSpec = {
    kind: "key",
    id: "k",
    name: "keyBy",
    input: null,
    inputType,
    outputType,
    engine: "js",
    selector,
    keyType: keyType ?? null,
    maxParallelism: 128,
  };
  const harness = await createHarness();
  const context = { ...harness.context, operators: [spec], functionOf: () => fn };
  const segment = (createSegments(context)[0] as { readonly segment: Segment }).segment;
  await segment.open();
  return processBatch(segment, buildBatch(harness.memory, rowsOf(values), inputType));
}

async function codeOf(values: readonly unknown[], setup: Setup): Promise<string> {
  try {
    await run(values, setup);
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    return error.code;
  }
  return "none";
}

test("a key of no declared type travels as canonical bytes, with the key group of its value", async () => {
  const values = [
    ["a", 1],
    ["b", 2],
    ["a", 3],
  ];
  for (const record of [undefined, tuple(STRING, NUMBER)]) {
    const fn = ([word, n]: [string, number]) => (n === 3 ? [word, { n }] : word);
    const rows = await run(values, {
      selector: { kind: "function" },
      fn,
      ...(record && { record }),
    });
    assert.deepEqual(
      rows.map(({ value }) => value),
      values,
    );
    assert.deepEqual(
      rows.map(({ timestampMs }) => timestampMs),
      [0, 10, 20],
    );
    const keys = rows.map(({ key }) => decodeKey(key as Uint8Array));
    assert.deepEqual(keys, ["a", "b", ["a", { n: 3 }]]);
    assert.deepEqual(
      rows.map(({ keyGroup }) => keyGroup),
      keys.map((key) => keyGroupOf(key, 128)),
    );
  }
});

test("a key of a declared type is a column of that type and hashes by it", async () => {
  const long = scalar("LONG");
  const setup = {
    selector: { kind: "field", field: 0 },
    keyType: long,
    record: tuple(long, STRING),
  } as const;
  const rows = await run(
    [
      [-1, "a"],
      [2n ** 60n, "b"],
    ],
    setup,
  );
  assert.deepEqual(
    rows.map(({ key }) => key),
    [-1, 2n ** 60n],
  );
  assert.equal(rows[0]?.keyGroup, keyGroupOfHash(0, 128));
});

test("fields by name, by position and several of them make the key", async () => {
  const keyOf = async (values: readonly unknown[], selector: KeySelectorSpec): Promise<unknown> => {
    const [row] = await run(values, { selector });
    return decodeKey(row?.key as Uint8Array);
  };
  assert.equal(await keyOf([{ word: "w", n: 1 }], { kind: "field", field: "word" }), "w");
  assert.equal(await keyOf([["w", 1]], { kind: "field", field: 1 }), 1);
  assert.deepEqual(await keyOf([["w", 1, true]], { kind: "fields", fields: [2, 0] }), [true, "w"]);
  assert.equal(await keyOf(["text"], { kind: "field", field: 0 }), "text");
});

test("null, NaN and impossible keys, selectors that throw or wait are coded errors", async () => {
  const selector = { kind: "function" } as const;
  assert.equal(await codeOf([1], { selector, fn: () => null }), "MR_KEY_NULL");
  assert.equal(await codeOf([1], { selector, fn: () => Number.NaN }), "MR_KEY_NAN");
  assert.equal(await codeOf([1], { selector, fn: () => new Date() }), "MR_KEY_TYPE");
  assert.equal(await codeOf([1], { selector, fn: async () => 1 }), "MR_FUNCTION_ASYNC");
  const fail = (): never => {
    throw new Error("no key");
  };
  assert.equal(await codeOf([1], { selector, fn: { getKey: fail } }), "MR_FUNCTION_THREW");
  assert.equal(await codeOf([1], { selector: { kind: "field", field: "x" } }), "MR_KEY_NULL");
  assert.equal(
    await codeOf([{ y: 1 }], { selector: { kind: "field", field: "toString" } }),
    "MR_KEY_NULL",
  );
});

test("a key that does not have its declared type is a mismatch of the key", async () => {
  const setup = {
    selector: { kind: "function" },
    fn: () => 1,
    keyType: STRING,
    record: NUMBER,
  } as const;
  assert.equal(await codeOf([5], setup), "MR_TYPE_MISMATCH");
  await assert.rejects(() => run([5], setup), {
    details: { operator: "keyBy", path: "key", expected: "STRING", actual: "the number 1" },
  });
  assert.equal(await codeOf([5], { ...setup, fn: () => null }), "MR_KEY_NULL");
});
