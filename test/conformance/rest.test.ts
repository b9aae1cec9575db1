import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { projectRoot } from "../project-root.ts";
import { DEPARTURES } from "./rest-runner/departures.ts";
import { readRecordings } from "./rest-runner/recordings.ts";
import { runRecordings } from "./rest-runner/run.ts";
import { compareShapes, wordsOf } from "./rest-runner/shape.ts";

const recordings = readRecordings(join(projectRoot, "test/conformance/rest"));

test("every request that Flink was asked is answered in the same shape", async () => {
  const results = await runRecordings(recordings);
  const failed = results
    .filter(({ differences }) => differences.length > 0)
    .map(({ recording, differences }) => [recording.file, recording.name, ...differences]);
  assert.deepEqual(failed, []);
  assert.ok(results.length > 900, `only ${results.length} were asked`);
});

test("every departure is one of something that was recorded", () => {
  for (const { why, is } of DEPARTURES) assert.ok(recordings.some(is), why);
});

test("members, types, words and ids that differ are found", () => {
  const id = "9289d33fde31c513b63c95c448ab2ff5";
  const body = { id, state: "RUNNING", list: [{ a: 1 }], none: null };
  const words = wordsOf([body, { state: "FAILED" }]);
  const compare = (actual: object) =>
    compareShapes(body, { ...body, ...actual } as typeof body, words);
  assert.deepEqual(compare({ state: "FAILED" }), []);
  assert.deepEqual(compare({ list: [] }), []);
  assert.equal(compare({ state: "GONE" }).length, 1);
  assert.equal(compare({ id: "1" }).length, 1);
  assert.equal(compare({ list: [{ a: "1" }] }).length, 1);
  assert.equal(compare({ list: [{ a: 1, b: 2 }] }).length, 1);
  assert.equal(compare({ none: 1 }).length, 1);
  assert.equal(compare({ more: 1 }).length, 1);
});
