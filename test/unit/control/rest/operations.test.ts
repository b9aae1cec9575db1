import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../../../control/common/manual-clock.ts";
import { Operations } from "../../../../control/rest/operations.ts";

const ID = "0".repeat(32);

async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
}

test("the same id again is the same operation", () => {
  const operations = new Operations(new ManualClock());
  let runs = 0;
  const run = () => {
    runs += 1;
    return new Promise<never>(() => undefined);
  };
  assert.equal(operations.begin("savepoint", "a", ID, run), ID);
  assert.equal(operations.begin("savepoint", "a", ID, run), ID);
  operations.begin("savepoint", "b", ID, run);
  operations.begin("checkpoint", "a", ID, run);
  assert.equal(runs, 3);
  assert.deepEqual(operations.state("savepoint", "a", ID), { kind: "in-progress" });
  assert.equal(operations.state("savepoint", "c", ID), null);
});

test("how it ended is remembered for some minutes", async () => {
  const clock = new ManualClock();
  const operations = new Operations(clock);
  const error = new Error("no");
  const good = operations.begin("checkpoint", "a", null, () => Promise.resolve(7));
  const bad = operations.begin("checkpoint", "a", null, () => Promise.reject(error));
  assert.notEqual(good, bad);
  await settled();
  clock.advance(299_000);
  assert.deepEqual(operations.state("checkpoint", "a", good), { kind: "completed", value: 7 });
  assert.deepEqual(operations.state("checkpoint", "a", bad), { kind: "failed", error });
  clock.advance(2000);
  assert.equal(operations.state("checkpoint", "a", good), null);
});

test("one that is under way is not forgotten", () => {
  const clock = new ManualClock();
  const operations = new Operations(clock);
  const id = operations.begin("savepoint", "a", null, () => new Promise(() => undefined));
  clock.advance(3_600_000);
  assert.deepEqual(operations.state("savepoint", "a", id), { kind: "in-progress" });
});
