import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SlotPool } from "../../../../control/cluster/slot-pool.ts";
import { throwsCode } from "../throws-code.ts";

test("jobs get their slots in the order in which they asked", () => {
  const pool = new SlotPool(4);
  const granted: string[] = [];
  const request = (jobId: string, slots: number): void =>
    pool.request(jobId, slots, () => granted.push(jobId));
  request("a", 3);
  request("large", 4);
  request("small", 1);
  assert.deepEqual(granted, ["a"]);
  assert.equal(pool.free, 1);
  pool.release("a");
  assert.deepEqual(granted, ["a", "large"]);
  pool.release("large");
  assert.deepEqual(granted, ["a", "large", "small"]);
  assert.equal(pool.takenBy("small"), 1);
});

test("a job that is given up while it waits lets the next one pass", () => {
  const pool = new SlotPool(2);
  const granted: string[] = [];
  pool.request("a", 1, () => granted.push("a"));
  pool.request("large", 2, () => granted.push("large"));
  pool.request("b", 1, () => granted.push("b"));
  pool.release("large");
  assert.deepEqual(granted, ["a", "b"]);
});

test("a job that needs more than there are is refused", () => {
  const pool = new SlotPool(2);
  throwsCode("MR_SLOTS_NOT_ENOUGH", () => pool.request("a", 3, () => assert.fail("granted")));
  assert.equal(pool.free, 2);
});

test("never more than the total is taken, and all get theirs when the others have ended", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), (slots, choices) => {
      const pool = new SlotPool(5);
      const running: string[] = [];
      slots.forEach((size, index) => {
        pool.request(`${index}`, size, () => running.push(`${index}`));
        assert.ok(pool.free >= 0);
      });
      const order = [...running];
      while (running.length > 0) {
        const [ended = ""] = running.splice((choices.next().value ?? 0) % running.length, 1);
        const before = running.length;
        pool.release(ended);
        order.push(...running.slice(before));
        assert.ok(pool.free >= 0);
      }
      assert.deepEqual(
        order,
        slots.map((_, index) => `${index}`),
      );
      assert.equal(pool.free, 5);
    }),
    { numRuns: 200, seed: 11 },
  );
});
