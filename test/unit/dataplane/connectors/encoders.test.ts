import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CsvEncoder,
  JsonLinesEncoder,
  RawEncoder,
} from "../../../../dataplane/connectors/encoders.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";

test("JSON lines keep every digit of a bigint, and what Maps, Sets and bytes hold", () => {
  const encoder = new JsonLinesEncoder<unknown>();
  assert.equal(
    encoder.encode({ id: 12345678901234567890n, at: new Date(0) }),
    '{"id":12345678901234567890,"at":"1970-01-01T00:00:00.000Z"}\n',
  );
  assert.equal(
    encoder.encode([new Map([["a", new Set([1])]]), new Uint8Array([1, 2])]),
    '[{"a":[1]},"AQI="]\n',
  );
  const like = { a: undefined, b: [undefined, null], 'c"': Number.NaN, d: -0, e: { f: "é" } };
  assert.equal(encoder.encode(like), `${JSON.stringify(like)}\n`);
  assert.equal(encoder.encode("line\nend"), '"line\\nend"\n');
});

test("CSV quotes what it has to, and tells nothing from an empty text", () => {
  const encoder = new CsvEncoder<unknown>();
  assert.equal(
    encoder.encode(["a,b", 'say "x"', "two\nlines", "", null, undefined, 1.5, true]),
    '"a,b","say ""x""","two\nlines","",,,1.5,true\n',
  );
  assert.equal(encoder.encode("alone"), "alone\n");
  const tabs = new CsvEncoder<unknown>({ columns: ["b", "a"], delimiter: "\t" });
  assert.equal(tabs.encode({ a: "1,2", b: "x\ty", c: 3 }), '"x\ty"\t1,2\n');
  assert.equal(tabs.encode({ a: 1 }), "\t1\n");
});

test("CSV columns are those of the first record, and another record is not cut down to them", () => {
  const encoder = new CsvEncoder<object>();
  assert.equal(encoder.encode({ a: 1, b: 2 }), "1,2\n");
  assert.equal(encoder.encode({ b: 4, a: 3 }), "3,4\n");
  assert.throws(() => encoder.encode({ a: 1, c: 2 }), /fields a, c, the first one had a, b/);
  assert.throws(() => encoder.encode({ a: 1, b: 2, c: 3 }), /give CsvEncoder the columns/);
});

test("a delimiter that would be mistaken is refused", () => {
  for (const delimiter of ["", '"', "\n", ",,"]) {
    assert.throws(
      () => new CsvEncoder({ delimiter }),
      (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
    );
  }
});

test("raw records are written as they are", () => {
  const bytes = new Uint8Array([1, 2]);
  assert.equal(new RawEncoder().encode(bytes), bytes);
  assert.equal(new RawEncoder().encode("text"), "text");
});
