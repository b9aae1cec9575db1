/** A cross-section of `npm run test:crash`. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { isExact } from "./counts.ts";
import { crashAt, prepareCrashed } from "./crash-at.ts";
import { crashPoints } from "./points.ts";

const prepared = await prepareCrashed("js", 1);
after(() => prepared.remove());

test("every crash point has a name of its own", () => {
  const names = crashPoints().map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 40, `${names.length} were found`);
});

const chosen = [
  ["barrier/injected", 2],
  ["manifest/before-write", 1],
  ["complete/before-decision", 2],
  ["file-sink/renamed", 2],
  ["job/closed", 1],
] as const;

for (const [point, hit] of chosen) {
  test(`a job that dies at ${point} the ${hit}. time has every line in its files once`, async () => {
    const result = await crashAt(prepared, point, hit);
    assert.ok(result.isReached, "it was not killed");
    assert.ok(isExact(result), JSON.stringify(result));
  });
}
