import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import {
  defaultMaxParallelism,
  javaHash,
  javaStringHash,
  keyGroupOf,
  keyGroupOfHash,
  keyGroupRange,
  murmurHash,
  operatorIndexForKeyGroup,
} from "../../../../dataplane/formats/java-hash.ts";
import type { DataType } from "../../../../dataplane/protocol/types.ts";
import { projectRoot } from "../../../project-root.ts";

interface Vector {
  readonly name: string;
  readonly operator: { readonly function: string };
  readonly calls: readonly { readonly args: readonly unknown[]; readonly result: unknown }[];
}

const FILE = join(projectRoot, "test/conformance/operators/14-key-groups.json");
const VECTORS = JSON.parse(readFileSync(FILE, "utf8")) as readonly Vector[];

function callsOf(name: string): Vector["calls"] {
  const vector = VECTORS.find((candidate) => candidate.name === name);
  assert.ok(vector !== undefined && vector.calls.length > 0, name);
  return vector.calls;
}

/** [hashCode, keyGroup128, keyGroup1000, subtaskOf2, subtaskOf3, subtaskOf4], as the vectors list them. */
function placesOf(hash: number): readonly number[] {
  const group = keyGroupOfHash(hash, 128);
  const subtasks = [2, 3, 4].map((parallelism) =>
    operatorIndexForKeyGroup(128, parallelism, group),
  );
  return [hash, group, keyGroupOfHash(hash, 1000), ...subtasks];
}

/** Numbers beyond 2^53 and special doubles are strings in the vectors. */
function numberOf(value: unknown): number | bigint {
  if (typeof value !== "string") return value as number;
  return /^-?\d+$/.test(value) ? BigInt(value) : Number(value);
}

test("murmurHash is Flink's", () => {
  for (const { args, result } of callsOf("murmur-hash")) {
    assert.equal(murmurHash(args[0] as number), result);
  }
});

test("the default maximum parallelism is Flink's", () => {
  for (const { args, result } of callsOf("default-max-parallelism")) {
    assert.equal(defaultMaxParallelism(args[0] as number), result, `parallelism ${args[0]}`);
  }
});

test("key-group ranges and the subtask of a key group are Flink's", () => {
  for (const { args, result } of callsOf("key-group-ranges")) {
    const { start, end } = keyGroupRange(args[0] as number, args[1] as number, args[2] as number);
    assert.deepEqual([start, end], result);
  }
  for (const { args, result } of callsOf("operator-index")) {
    const [maxParallelism, parallelism, keyGroup] = args as readonly number[];
    assert.equal(
      operatorIndexForKeyGroup(maxParallelism ?? 0, parallelism ?? 0, keyGroup ?? 0),
      result,
    );
  }
});

test("string, int, long, double and boolean keys hash as in Java", () => {
  const kinds: readonly (readonly [string, DataType])[] = [
    ["string-keys", { kind: "STRING" }],
    ["int-keys", { kind: "INT" }],
    ["long-keys", { kind: "LONG" }],
    ["double-keys", { kind: "DOUBLE" }],
    ["boolean-keys", { kind: "BOOLEAN" }],
  ];
  for (const [name, type] of kinds) {
    for (const { args, result } of callsOf(name)) {
      const isText = type.kind === "STRING" || type.kind === "BOOLEAN";
      const key = isText ? args[0] : numberOf(args[0]);
      if (Object.is(key, -0)) continue;
      assert.deepEqual(placesOf(javaHash(key, type)), result, `${name} ${String(key)}`);
    }
  }
});

test("-0 goes where 0 goes, unlike in Java: they are one key", () => {
  assert.deepEqual(placesOf(javaHash(-0, { kind: "DOUBLE" })), placesOf(0));
  assert.equal(javaHash(-0, null), 0);
});

test("tuple keys hash as Flink's tuples", () => {
  for (const { args, result } of callsOf("tuple-keys")) {
    assert.deepEqual(placesOf(javaHash(args, null)), result, JSON.stringify(args));
  }
});

test("a number of no declared type hashes as the smallest Java type that holds it", () => {
  assert.equal(javaHash(-1, null), -1);
  assert.equal(javaHash(2 ** 32, null), 1);
  assert.equal(javaHash(-(2 ** 32), null), javaHash(-(2 ** 32), { kind: "LONG" }));
  assert.equal(javaHash(-(2 ** 63), null), -2147483648);
  assert.equal(javaHash(2 ** 63, null), javaHash(2 ** 63, { kind: "DOUBLE" }));
  assert.equal(javaHash(0.1, null), -1507852285);
});

test("bigints hash as Long, beyond 64 bits as BigInteger", () => {
  assert.equal(javaHash(-1n, null), 0);
  assert.equal(javaHash(2n ** 53n + 1n, null), 2097153);
  // new BigInteger("18446744073709551616").hashCode(): magnitude words 1, 0, 0.
  assert.equal(javaHash(2n ** 64n, null), 961);
  assert.equal(javaHash(-(2n ** 64n), null), -961);
});

test("rows hash by value in the order of their names, whatever the order of their fields", () => {
  assert.equal(javaHash({ b: 2, a: 1 }, null), javaHash([1, 2], null));
  assert.equal(javaHash({ a: 1, b: 2 }, null), javaHash([1, 2], null));
});

test("long strings hash the same from the cache as without it", () => {
  const texts = Array.from({ length: 300 }, (_, n) => `${"key of some length ".repeat(3)}${n}`);
  const hashes = texts.map(javaStringHash);
  assert.deepEqual(texts.map(javaStringHash), hashes);
  const plain = (text: string): number => {
    let hash = 0;
    for (const unit of text.split("")) hash = (hash * 31 + unit.charCodeAt(0)) | 0;
    return hash;
  };
  const exact = (text: string): number =>
    Number(
      BigInt.asIntN(
        32,
        text.split("").reduce((hash, unit) => hash * 31n + BigInt(unit.charCodeAt(0)), 0n),
      ),
    );
  assert.deepEqual(texts.map(exact), hashes);
  assert.equal(plain("ab"), javaStringHash("ab"));
});

test("keyGroupOf is the group of an undeclared key", () => {
  assert.equal(keyGroupOf("hello", 128), 35);
  assert.equal(keyGroupOf(["hello", 42], 128), 108);
});
