import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { DelimitedWriter } from "../../../../dataplane/connectors/delimited-writer.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { ObjectOutput, readerContext } from "./reader-harness.ts";

/** Feeds `bytes` in chunks; the output has room for two records at a time. */
function writeAll(delimiter: string, bytes: Buffer, chunkBytes: number, maxRecordBytes = 1000) {
  const context = readerContext({ maxRecordBytes });
  const writer = new DelimitedWriter(delimiter, context);
  const output = new ObjectOutput<string>(2);
  writer.begin();
  const drain = (): void => {
    while (!writer.writeTo(output)) output.ship();
  };
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    writer.add(bytes.subarray(at, at + chunkBytes));
    drain();
  }
  assert.equal(writer.isFinished, false);
  writer.finish();
  drain();
  assert.equal(writer.isFinished, true);
  return { records: output.all, malformed: context.malformed };
}

test("records are what lies between delimiters, whatever the chunks", () => {
  const text = fc.array(fc.constantFrom("a", "|", "||", "é", "𝄞", "\n", ""), { maxLength: 30 });
  fc.assert(
    fc.property(
      text,
      fc.constantFrom("|", "||", "|é", "\n"),
      fc.integer({ min: 1, max: 9 }),
      (parts, delimiter, chunkBytes) => {
        const whole = parts.join("");
        const expected = whole.split(delimiter);
        if (expected.at(-1) === "") expected.pop();
        assert.deepEqual(writeAll(delimiter, Buffer.from(whole), chunkBytes).records, expected);
      },
    ),
    { seed: 61 },
  );
});

test("empty records are kept, an empty end is none", () => {
  assert.deepEqual(writeAll(";", Buffer.from(";;a;"), 2).records, ["", "", "a"]);
  assert.deepEqual(writeAll(";", Buffer.from(""), 2).records, []);
});

test("bytes that are not UTF-8 are replaced and counted, U+FFFD itself is not", () => {
  const bytes = Buffer.concat([
    Buffer.from("a\ufffd"),
    Buffer.from([0xff, 0xc3]),
    Buffer.from(";\ufffd"),
  ]);
  const { records, malformed } = writeAll(";", bytes, 1);
  assert.deepEqual(records, ["a\ufffd\ufffd\ufffd", "\ufffd"]);
  assert.equal(malformed, 2);
});

test("a record above the limit is refused, one at the limit is not, complete or not", () => {
  assert.deepEqual(writeAll(";", Buffer.from("12345;1"), 3, 5).records, ["12345", "1"]);
  for (const text of ["123456;", "123456", "1;1234567"]) {
    assert.throws(
      () => writeAll(";", Buffer.from(text), 4, 5),
      (error) => error instanceof EngineError && error.code === "MR_RECORD_TOO_LARGE",
    );
  }
});
