import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";

import { javaDouble } from "../../../../dataplane/formats/java-double.ts";
import { printPrefix, toText } from "../../../../dataplane/formats/to-text.ts";
import type { DataType, ScalarKind } from "../../../../dataplane/protocol/types.ts";
import { projectRoot } from "../../../project-root.ts";
import { SEED } from "./arbitraries.ts";

interface Vector {
  readonly name: string;
  readonly calls: readonly { readonly args: readonly unknown[]; readonly result: string }[];
}

function callsOf(file: string, name: string): Vector["calls"] {
  const url = join(projectRoot, `test/conformance/operators/${file}`);
  const vectors = JSON.parse(readFileSync(url, "utf8")) as readonly Vector[];
  const vector = vectors.find((candidate) => candidate.name === name);
  assert.ok(vector !== undefined && vector.calls.length > 0, name);
  return vector.calls;
}

const scalar = (kind: ScalarKind): DataType => ({ kind });
const tuple = (...fields: readonly DataType[]): DataType => ({ kind: "TUPLE", fields });

test("tuples print as Flink's", () => {
  for (const { args, result } of callsOf("16-to-string.json", "tuple-to-string")) {
    const [kinds, values] = args as readonly [readonly string[], readonly unknown[]];
    const type = tuple(
      ...kinds.map((kind) => scalar(kind === "NULL" ? "STRING" : (kind as ScalarKind))),
    );
    assert.equal(toText(values, type), result);
  }
});

test("doubles print as Java's", () => {
  for (const { args, result } of callsOf("16-to-string.json", "double-to-string")) {
    assert.equal(javaDouble(Number(args[0])), result);
  }
});

test("where Java 17 prints more digits than needed, ours are as short as Java 19's and the same number", () => {
  for (const { args, result } of callsOf("16-to-string.json", "double-to-string-java-17")) {
    const text = javaDouble(Number(args[0]));
    assert.ok(text.length <= result.length);
    assert.equal(Number(text), Number(args[0]));
  }
  assert.equal(javaDouble(1e23), "1.0E23");
  assert.equal(javaDouble(5e-324), "4.9E-324");
});

test("a printed double reads back as itself", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      assert.ok(Object.is(Number(javaDouble(value)), value), javaDouble(value));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("nested tuples, lists and rows print as Flink's", () => {
  const double = scalar("DOUBLE");
  const list: DataType = { kind: "LIST", element: scalar("INT") };
  const row: DataType = {
    kind: "ROW",
    fields: ["x", "y", "z"].map((name) => ({ name, type: scalar("GENERIC") })),
  };
  const string = scalar("STRING");
  assert.equal(toText(["a", [1, 2]], tuple(string, tuple(scalar("INT"), double))), "(a,(1,2.0))");
  assert.equal(toText(["a", [1, 2, 3]], tuple(string, list)), "(a,[1, 2, 3])");
  assert.equal(toText(["x", "y"], { kind: "LIST", element: string }), "[x, y]");
  assert.equal(toText({ x: "a", y: 1, z: null }, row), "+I[a, 1, null]");
});

test("scalars print by their type", () => {
  assert.equal(toText(1, scalar("DOUBLE")), "1.0");
  assert.equal(toText(1, scalar("NUMBER")), "1");
  assert.equal(toText(1e21, scalar("NUMBER")), "1e+21");
  assert.equal(toText(9007199254740993n, scalar("LONG")), "9007199254740993");
  assert.equal(toText(true, scalar("BOOLEAN")), "true");
  assert.equal(toText(new Uint8Array([1, 255]), scalar("BYTES")), "[1, 255]");
  assert.equal(toText(null, scalar("STRING")), "null");
});

test("values of no known type print by what they are", () => {
  assert.equal(toText(["a", 1, null, undefined], null), "(a,1,null,null)");
  assert.equal(toText({ word: "a", n: { deep: [1.5] } }, null), "+I[a, +I[(1.5)]]");
  assert.equal(toText(new Map([["k", [1]]]), null), "{k=(1)}");
  assert.equal(toText(new Set([1, 2]), null), "[1, 2]");
  assert.equal(toText(new Date(0), null), "1970-01-01T00:00:00.000Z");
  assert.equal(toText(12n, null), "12");
});

test("the print prefix is Flink's", () => {
  for (const { args, result } of callsOf("15-partitioners-print.json", "print-prefix")) {
    const [identifier, subtaskIndex, parallelism, text] = args as [string, number, number, string];
    assert.equal(printPrefix(identifier, subtaskIndex, parallelism) + text, result);
  }
});
