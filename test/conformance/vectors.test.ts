import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { decodeValue, encodeValue, readTopics } from "./vectors.ts";

const scratch = mkdtempSync(join(tmpdir(), "millrace-vectors-"));
after(() => rmSync(scratch, { recursive: true }));

function directoryOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(scratch, "case-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const CASE = '[{ "name": "a", "about": "b", "operator": { "kind": "rolling" } }]';

test("topics are the JSON files of a directory, in order of their names", () => {
  const folder = directoryOf({ "02-b.json": CASE, "01-a.json": CASE, "notes.md": "" });
  assert.deepEqual(
    readTopics(folder).map(({ name }) => name),
    ["01-a", "02-b"],
  );
});

test("a directory that keeps its vectors in operators/ is read from there", () => {
  const folder = directoryOf({ "operators/01-a.json": CASE, "README.md": "" });
  assert.deepEqual(
    readTopics(folder).map(({ name }) => name),
    ["01-a"],
  );
});

test("a directory without vectors and a file that holds something else are errors", () => {
  assert.throws(() => readTopics(directoryOf({ "a.txt": "" })), /no vectors/);
  assert.throws(() => readTopics(directoryOf({ "a.json": "{}" })), /not an array of cases/);
  assert.throws(
    () => readTopics(directoryOf({ "a.json": '[{ "name": "a" }]' })),
    /not an array of cases/,
  );
});

test("64-bit integers are exact: numbers while they are safe, bigints beyond", () => {
  assert.equal(decodeValue("9223372036854775807", "LONG"), 9223372036854775807n);
  assert.equal(decodeValue(5, "LONG"), 5);
  assert.equal(encodeValue(9007199254740993n), "9007199254740993");
  assert.equal(encodeValue(5n), 5);
});

test("NaN and infinities are words for DOUBLE, and text for STRING", () => {
  assert.ok(Number.isNaN(decodeValue("NaN", "DOUBLE")));
  assert.equal(decodeValue("-Infinity", "DOUBLE"), Number.NEGATIVE_INFINITY);
  assert.equal(decodeValue("NaN", "STRING"), "NaN");
  assert.equal(encodeValue(Number.NaN), "NaN");
  assert.ok(Object.is(encodeValue(-0), -0));
});

test("a value no vector can hold is refused", () => {
  assert.throws(() => encodeValue(undefined), TypeError);
  assert.throws(() => encodeValue({}), TypeError);
});
